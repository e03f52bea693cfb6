/* SPDX-License-Identifier: Apache-2.0 */
/* Intrusive doubly linked list; insertion cannot fail. The head is a node of its own. */
#ifndef KN_BASE_LIST_H
#define KN_BASE_LIST_H

#include <stddef.h>
#include <stdbool.h>

struct kn_list {
	struct kn_list *next, *prev;
};

#define KN_LIST_INIT(name)                                                                                   \
	{                                                                                                    \
		&(name), &(name)                                                                             \
	}
#define kn_container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

static inline void kn_list_init(struct kn_list *l)
{
	l->next = l->prev = l;
}
static inline bool kn_list_empty(const struct kn_list *l)
{
	return l->next == l;
}
static inline void kn_list_append(struct kn_list *head, struct kn_list *n)
{
	n->prev = head->prev;
	n->next = head;
	head->prev->next = n;
	head->prev = n;
}
static inline void kn_list_del(struct kn_list *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	kn_list_init(n);
}
#define kn_list_for_each(pos, head) for (struct kn_list *pos = (head)->next; pos != (head); pos = pos->next)
#define kn_list_for_each_safe(pos, head)                                                                     \
	for (struct kn_list *pos = (head)->next, *pos##_next = pos->next; pos != (head);                     \
	     pos = pos##_next, pos##_next = pos->next)

#endif
