package catalog

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// inParallel calls do with the numbers from 0 to n-1, on all cores, and returns when all are done. It leaves off where the context is done.
func inParallel(ctx context.Context, n int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}

// share is how many templates are compiled by one compiler.
const share = 256

// inShares has copies of the compiler work on templates from and up to, and takes what they noted in the order of the templates.
func (c *compiler) inShares(ctx context.Context, n int, do func(c *compiler, from, to int)) {
	shares := make([]*compiler, (n+share-1)/share)
	inParallel(ctx, len(shares), func(i int) {
		part := *c
		part.problems, part.retention = nil, 0
		do(&part, i*share, min((i+1)*share, n))
		shares[i] = &part
	})
	for _, part := range shares {
		if part == nil { // the context was done before
			return
		}
		c.problems = append(c.problems, part.problems...)
		c.retention = max(c.retention, part.retention)
	}
}
