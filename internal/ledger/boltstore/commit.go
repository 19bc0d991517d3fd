package boltstore

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"sync"

	"go.etcd.io/bbolt"
)

// maxBatch bounds the tasks of one transaction, and so how long the first of them waits for the others.
const maxBatch = 512

// task is one caller's part of a transaction. Between check and write nothing else touches the transaction.
type task interface {
	// check reads and decides. Its error is for its caller alone: the transaction goes on without the task.
	check(tx *bbolt.Tx) (writes bool, err error)
	// write does what check decided. Its error ends the transaction; the other tasks run again in the next one.
	write(tx *bbolt.Tx) error
}

// committer runs tasks in transactions. One goroutine takes all tasks that wait and commits them together: a caller alone pays for one
// fsync and no delay, many callers share it. (bbolt's Batch waits for company first, 10 ms as it comes, and commits even where every
// function refused.)
type committer struct {
	db      *bbolt.DB
	queue   chan *call // unbuffered: a call whose sender gave up is never taken
	stop    chan struct{}
	stopped chan struct{} // closed when run has ended
	closing sync.Once
	stuck   error // written by run before stopped is closed: a transaction that could not be ended holds bbolt's lock
}

// call is a task on its way.
type call struct {
	ctx  context.Context
	task task
	err  error      // what check answered
	done chan error // has room for the one answer
}

func newCommitter(db *bbolt.DB) *committer {
	c := &committer{db: db, queue: make(chan *call), stop: make(chan struct{}), stopped: make(chan struct{})}
	go c.run()
	return c
}

// do runs a task and returns when it is on disk. Where ctx ends first, a task that has not started never will; of one that has, the
// outcome is unknown.
func (c *committer) do(ctx context.Context, t task) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	cl := &call{ctx: ctx, task: t, done: make(chan error, 1)}
	select {
	case c.queue <- cl:
	case <-ctx.Done():
		return ctx.Err()
	case <-c.stopped:
		return c.whyStopped()
	}
	select {
	case err := <-cl.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close lets the calls taken so far finish, and returns why bbolt can't be closed, if so.
func (c *committer) close() error {
	c.closing.Do(func() { close(c.stop) })
	<-c.stopped
	return c.stuck
}

func (c *committer) whyStopped() error {
	if c.stuck != nil {
		return c.stuck
	}
	return errClosed
}

func (c *committer) run() {
	defer close(c.stopped)
	debug.SetPanicOnFault(true) // see survive
	for c.stuck == nil {
		select {
		case first := <-c.queue:
			c.commit(c.gather(first))
		case <-c.stop:
			return
		}
	}
}

// gather returns a call and all that come behind it. The callers that the last transaction answered are about to come again: it gives way to them as long
// as more come, which takes a caller alone no time.
func (c *committer) gather(first *call) []*call {
	batch := []*call{first}
	for known := 0; known < len(batch) && len(batch) < maxBatch; {
		known = len(batch)
		batch = c.collect(batch)
		runtime.Gosched()
		batch = c.collect(batch)
	}
	return batch
}

// collect adds the calls that wait now.
func (c *committer) collect(batch []*call) []*call {
	for len(batch) < maxBatch {
		select {
		case next := <-c.queue:
			batch = append(batch, next)
		default:
			return batch
		}
	}
	return batch
}

// commit answers every call of a batch. A call that breaks the transaction gets the error, the others another transaction.
func (c *committer) commit(batch []*call) {
	for len(batch) > 0 {
		culprit, err := c.attempt(batch)
		if culprit == nil {
			for _, cl := range batch {
				cl.finish(err)
			}
			return
		}
		culprit.done <- err
		batch = without(batch, culprit)
	}
}

// attempt runs a batch in one transaction. culprit is the call whose task broke it; with none, err is the outcome of the commit.
func (c *committer) attempt(batch []*call) (culprit *call, err error) {
	var tx *bbolt.Tx
	nothing := errors.New("nothing to write") // rolls back, which spares the fsync
	err = survive(func() error {
		return c.db.Update(func(t *bbolt.Tx) error {
			tx = t
			wrote := false
			for _, culprit = range batch {
				w, err := culprit.run(t)
				if err != nil {
					return err
				}
				wrote = wrote || w
			}
			culprit = nil
			if !wrote {
				return nothing
			}
			return nil
		})
	})
	if tx != nil && tx.DB() != nil {
		c.stuck = err
	}
	if errors.Is(err, nothing) {
		err = nil
	}
	return culprit, err
}

// run does the call's part of a transaction, unless its caller has gone.
func (cl *call) run(tx *bbolt.Tx) (wrote bool, err error) {
	if !cl.check(tx) {
		return false, nil
	}
	return true, cl.task.write(tx)
}

// check notes what the task refuses and reports whether there is something to write.
func (cl *call) check(tx *bbolt.Tx) (writes bool) {
	if cl.err = cl.ctx.Err(); cl.err != nil {
		return false
	}
	writes, cl.err = cl.task.check(tx)
	return writes && cl.err == nil
}

// finish answers the caller: with what check refused, else with the outcome of the commit.
func (cl *call) finish(committed error) {
	if cl.err != nil {
		cl.done <- cl.err
		return
	}
	cl.done <- committed
}

func without(batch []*call, gone *call) []*call {
	var rest []*call
	for _, cl := range batch {
		if cl != gone {
			rest = append(rest, cl)
		}
	}
	return rest
}
