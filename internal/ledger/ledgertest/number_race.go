package ledgertest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/surprise-service/surprised/internal/ledger"
)

func numberRaceChecks() []check {
	return []check{
		{"concurrency/200 claimers of 100 numbers, a tenth give back", checkEdition},
		{"concurrency/a place in line is taken once", checkLineRace},
		{"concurrency/a reader of the log misses nothing", checkLogRace},
	}
}

// checkEdition has those who got nothing try again as long as others give back.
func checkEdition(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	const claimers, pieces = 200, 100
	var waiting []int
	for i := range claimers {
		waiting = append(waiting, i)
	}
	for gaveBack := true; gaveBack; {
		waiting, gaveBack = u.claimPieces(waiting, pieces)
	}
	u.wantUsage("edition", pieces)
	u.wantEachOnce("edition", claimers, pieces)
}

// claimPieces has claimers try at once, of whom a tenth gives back at once what it gets. It returns those who got nothing.
func (u user) claimPieces(claimers []int, pieces int64) (without []int, gaveBack bool) {
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, i := range claimers {
		all.Go(func() {
			got := u.claimPiece(i, pieces)
			mu.Lock()
			defer mu.Unlock()
			if !got {
				without = append(without, i)
			}
			gaveBack = gaveBack || got && i%10 == 0
		})
	}
	all.Wait()
	return without, gaveBack
}

func (u user) claimPiece(i int, pieces int64) bool {
	u.Helper()
	err := u.s.Apply(u.ctx, ledger.Change{Key: key(i), Limits: []ledger.LimitOp{number("edition", claim(i), pieces)}})
	if err != nil {
		wantFull(u, err, "edition")
		return false
	}
	if i%10 == 0 {
		back := ledger.Change{Key: key(i), Expect: 1, Limits: []ledger.LimitOp{release("edition", claim(i))}}
		if err := u.s.Apply(u.ctx, back); err != nil {
			u.Errorf("release: %v", err)
		}
	}
	return true
}

// checkLineRace has many who claim only if nobody waits, and then wait themselves, in the same change: one gets through.
func checkLineRace(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	var won atomic.Int64
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			err := s.Apply(u.ctx, ledger.Change{
				Key: key(i), Limits: []ledger.LimitOp{behind(reserve("turn", claim(i), 1, 99), "line")},
				Index: []ledger.IndexOp{put("line", int64(i), fmt.Sprint(i), "")}, Events: events("one"),
			})
			if err == nil {
				won.Add(1)
			} else {
				wantBehind(t, err, "turn")
			}
		})
	}
	all.Wait()
	if won.Load() != 1 || len(u.entries("line", nil, 99, false)) != 1 || u.usage("turn")[0] != 1 {
		t.Errorf("of 50 who claim where nobody waits: %d got through, want 1", won.Load())
	}
	u.wantEvents("", 99, "one")
}

// checkLogRace has writers number their events while a reader follows the log.
func checkLogRace(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	const writers, each = 8, 12
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				list := events(fmt.Sprint(w, " ", 2*i), fmt.Sprint(w, " ", 2*i+1))
				if err := s.Apply(u.ctx, ledger.Change{Key: key(w), Expect: uint64(i), Events: list}); err != nil {
					t.Errorf("Apply: %v", err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	read := u.follow(done)
	if len(read) != writers*each*2 {
		t.Errorf("the reader got %d events, want %d", len(read), writers*each*2)
	}
	if again := texts(u.events("", len(read)+1)); !slices.Equal(again, read) {
		t.Errorf("the log read again is not what its reader got")
	}
	next := make(map[string]int)
	for _, text := range read {
		writer, n, _ := strings.Cut(text, " ")
		if n != strconv.Itoa(next[writer]) {
			t.Errorf("writer %s: got event %s, want %d", writer, n, next[writer])
		}
		next[writer]++
	}
}

// follow reads the log until it has no more once done is closed.
func (u user) follow(done <-chan struct{}) (read []string) {
	u.Helper()
	cursor := ""
	for {
		ended := false
		select {
		case <-done:
			ended = true
		default:
		}
		page := u.events(cursor, 7)
		read = append(read, texts(page)...)
		if len(page) > 0 {
			cursor = page[len(page)-1].Cursor
		} else if ended {
			return read
		}
	}
}
