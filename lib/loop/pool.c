/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>

#include "lib/base/mem.h"
#include "lib/loop/pool.h"

struct job {
	struct job *next;
	struct kn_pool *pool;
	void (*work)(void *user);
	void (*done)(void *user);
	void *user;
};

struct kn_pool {
	struct kn_loop *loop;
	unsigned max, started, idle;
	pthread_t *threads;
	pthread_mutex_t lock; /* guards the queue, idle and stopping */
	pthread_cond_t more;
	struct job *first, **last;
	bool stopping;
};

int kn_pool_new(struct kn_pool **ret, struct kn_loop *l, unsigned threads, struct kn_err *err)
{
	struct kn_pool *p;

	if (!threads)
		return kn_err_errno(err, EINVAL, "worker pool without threads");
	p = kn_calloc(1, sizeof(*p));
	p->loop = l;
	p->max = threads;
	p->threads = kn_calloc(threads, sizeof(*p->threads));
	p->last = &p->first;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	*ret = p;
	return 0;
}

static void job_done(void *user)
{
	struct job *j = user;

	j->done(j->user);
	free(j);
}

static void *run(void *arg)
{
	struct kn_pool *p = arg;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		struct job *j = p->first;

		if (!j) {
			if (p->stopping)
				break;
			p->idle++;
			pthread_cond_wait(&p->more, &p->lock);
			p->idle--;
			continue;
		}
		p->first = j->next;
		if (!p->first)
			p->last = &p->first;
		pthread_mutex_unlock(&p->lock);
		j->work(j->user);
		pthread_mutex_lock(&p->lock);
		if (p->stopping)
			free(j);
		else
			kn_loop_post(p->loop, job_done, j);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* One thread more, when all are busy and there may be more. The first must start. */
static void start_thread(struct kn_pool *p)
{
	pthread_attr_t attr;

	if (p->started == p->max)
		return;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	if (pthread_create(&p->threads[p->started], &attr, run, p) == 0)
		p->started++;
	else if (!p->started)
		abort();
	pthread_attr_destroy(&attr);
}

void kn_pool_submit(struct kn_pool *p, void (*work)(void *user), void (*done)(void *user), void *user)
{
	struct job *j = kn_calloc(1, sizeof(*j));
	bool busy;

	*j = (struct job){.pool = p, .work = work, .done = done, .user = user};
	pthread_mutex_lock(&p->lock);
	*p->last = j;
	p->last = &j->next;
	busy = p->idle == 0;
	pthread_cond_signal(&p->more);
	pthread_mutex_unlock(&p->lock);
	if (busy)
		start_thread(p);
}

struct kn_pool *kn_pool_free(struct kn_pool *p)
{
	if (!p)
		return NULL;
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->started; i++)
		pthread_join(p->threads[i], NULL);
	pthread_cond_destroy(&p->more);
	pthread_mutex_destroy(&p->lock);
	free(p->threads);
	free(p);
	return NULL;
}
