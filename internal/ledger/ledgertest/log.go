package ledgertest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
)

func logChecks() []check {
	return []check{
		{"log/keeps the order of events", checkLogOrder},
		{"log/goes on after a cursor", checkLogAfter},
		{"log/last event", checkLastEvent},
		{"log/a refused change is not in it", checkLogRefused},
		{"log/any byte is kept", checkLogBytes},
		{"log/a cursor that is none", checkCursor},
		{"log/trim deletes the oldest", checkTrim},
		{"log/trim spares what is not older", checkTrimTime},
		{"log/goes on after all was trimmed", checkTrimAll},
	}
}

func events(data ...string) []ledger.Event {
	var list []ledger.Event
	for _, d := range data {
		list = append(list, ledger.Event{Time: noon(), Data: []byte(d)})
	}
	return list
}

// tell writes events, all with one change.
func (u user) tell(data ...string) {
	u.Helper()
	u.apply(ledger.Change{Key: clerk(), Expect: u.load(clerk())[0].Version, Events: events(data...)})
}

func (u user) events(after string, n int) []ledger.Logged {
	u.Helper()
	got, err := u.s.Events(u.ctx, after, n)
	if err != nil {
		u.Fatalf("Events after %q: %v", after, err)
	}
	return got
}

func (u user) lastEvent() string {
	u.Helper()
	cursor, err := u.s.LastEvent(u.ctx)
	if err != nil {
		u.Fatalf("LastEvent: %v", err)
	}
	return cursor
}

func texts(list []ledger.Logged) []string {
	var found []string
	for _, e := range list {
		found = append(found, string(e.Data))
	}
	return found
}

func (u user) wantEvents(after string, n int, want ...string) {
	u.Helper()
	got := u.events(after, n)
	if !slices.Equal(texts(got), want) {
		u.Errorf("%d events after %q: got %q, want %q", n, after, texts(got), want)
	}
	for _, e := range got {
		if e.Cursor == "" || strings.ContainsAny(e.Cursor, " \t\n") {
			u.Errorf("event %q: got cursor %q, want text without spaces", e.Data, e.Cursor)
		}
	}
}

func checkLogOrder(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.wantEvents("", 9)
	u.tell("first", "second", "third")
	u.put(key(1), "says nothing")
	u.tell("fourth")
	u.tell("fifth", "fourth")
	u.wantEvents("", 99, "first", "second", "third", "fourth", "fifth", "fourth")
}

func checkLogAfter(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.tell("a", "b", "c")
	u.tell("d")
	u.wantEvents("", 0)
	u.wantEvents("", -1)
	u.wantEvents("", 2, "a", "b")
	all := u.events("", 9)
	u.wantEvents(all[0].Cursor, 2, "b", "c")
	u.wantEvents(all[1].Cursor, 9, "c", "d")
	u.wantEvents(all[3].Cursor, 9)
	u.tell("e")
	u.wantEvents(all[3].Cursor, 9, "e")
}

func checkLastEvent(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	if got := u.lastEvent(); got != "" {
		t.Errorf("last event of an empty log: got %q, want none", got)
	}
	for _, data := range []string{"a", "b"} {
		u.tell("before", data)
		all := u.events("", 9)
		if got, want := u.lastEvent(), all[len(all)-1].Cursor; got != want {
			t.Errorf("last event: got %q, want %q", got, want)
		}
	}
}

func checkLogRefused(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.tell("kept")
	full := []ledger.LimitOp{reserve("none", claim(1), 1, 0)}
	wantFull(t, s.Apply(u.ctx, ledger.Change{Key: key(1), Events: events("lost"), Limits: full}), "none")
	wantConflict(t, s.Apply(u.ctx, ledger.Change{Key: key(1), Expect: 7, Events: events("lost")}))
	u.wantEvents("", 9, "kept")
}

func checkLogBytes(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	var all []byte
	for b := range 256 {
		all = append(all, byte(b), '\r', '\n')
	}
	large := strings.Repeat("surprise", 1<<15)
	u.tell(string(all), large)
	u.wantEvents("", 9, string(all), large)
}

func checkCursor(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.tell("a")
	last := u.lastEvent()
	for _, cursor := range []string{
		" ", "-", "+", "$", "x", "-1", "+1", "0", "0-0", "1 2", "0x10", "1-x", "1-2-3", "(1-1", "18446744073709551616", "1-18446744073709551616",
		last + " ", " " + last, "0" + last, last + "\x00", last + "-", strings.Repeat("9", 500), fmt.Sprint(uint64(math.MaxUint64)),
	} {
		for _, n := range []int{0, 1} {
			if got, err := s.Events(u.ctx, cursor, n); !errors.Is(err, ledger.ErrCursor) || len(got) != 0 {
				t.Errorf("Events after %q: got %d events, error %v, want ErrCursor", cursor, len(got), err)
			}
		}
	}
}

// farOff is later than every clock.
func farOff() time.Time { return time.Date(2200, time.January, 1, 0, 0, 0, 0, time.UTC) }

func (u user) trim(before time.Time, n int) int {
	u.Helper()
	got, err := u.s.TrimEvents(u.ctx, before, n)
	if err != nil {
		u.Fatalf("TrimEvents: %v", err)
	}
	return got
}

func checkTrim(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.tell("a", "b", "c", "d", "e")
	all := u.events("", 9)
	for _, none := range []time.Time{{}, time.Unix(0, 0), noon().AddDate(-20, 0, 0), time.Date(1815, 12, 10, 0, 0, 0, 0, time.UTC)} {
		if got := u.trim(none, 9); got != 0 {
			t.Errorf("trimming before %s: got %d, want 0", none, got)
		}
	}
	if got := u.trim(farOff(), 0); got != 0 {
		t.Errorf("trimming no event: got %d, want 0", got)
	}
	if got := u.trim(farOff(), 2); got != 2 {
		t.Errorf("trimming two events: got %d, want 2", got)
	}
	u.wantEvents("", 9, "c", "d", "e")
	u.wantEvents(all[0].Cursor, 9, "c", "d", "e")
	u.wantEvents(all[2].Cursor, 9, "d", "e")
	if got := u.lastEvent(); got != all[4].Cursor {
		t.Errorf("last event after trimming others: got %q, want %q", got, all[4].Cursor)
	}
}

// checkTrimTime writes with the time of this machine's clock, by which stores may tell when an event was written.
func checkTrimTime(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	write := func(data string) {
		u.apply(ledger.Change{
			Key: clerk(), Expect: u.load(clerk())[0].Version, Events: []ledger.Event{{Time: time.Now(), Data: []byte(data)}},
		})
	}
	write("older")
	time.Sleep(5 * time.Millisecond)
	moment := time.Now().Truncate(time.Millisecond)
	write("newer")
	if got := u.trim(moment, 9); got != 1 {
		t.Errorf("trimming what is older than the second of two events: got %d, want 1", got)
	}
	u.wantEvents("", 9, "newer")
}

func checkTrimAll(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.trim(farOff(), 9)
	u.tell("a", "b")
	last := u.lastEvent()
	if got := u.trim(farOff(), 9); got != 2 {
		t.Errorf("trimming all: got %d, want 2", got)
	}
	u.wantEvents("", 9)
	u.wantEvents(last, 9)
	if got := u.lastEvent(); got != "" {
		t.Errorf("last event when all are gone: got %q, want none", got)
	}
	u.tell("c")
	u.wantEvents(last, 9, "c")
	u.wantEvents("", 9, "c")
	if u.lastEvent() == last {
		t.Errorf("cursor %q was given twice", last)
	}
}
