package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/surprise"
)

const (
	// maxTurns bounds the turns of one call of ServeWaiting, turnsPerLine those of one line in it.
	maxTurns     = 100
	turnsPerLine = 20
	linesAtOnce  = 200
)

// ServeWaiting gives what came back to those who wait for it, in the order in which they joined: their turn comes, and one is kept for them. Any replica
// may call it at any time; its work is bounded, and what is left waits for the next call.
func (l *Ledger) ServeWaiting(ctx context.Context) error {
	var errs []error
	var from *IndexPlace
	for turns := 0; turns < maxTurns; {
		lines, err := l.store.Range(ctx, lineIndex, from, linesAtOnce, false)
		if err != nil {
			return Unavailable(err)
		}
		for i, line := range lines {
			from = &lines[i].IndexPlace
			n, empty, err := l.serveLine(ctx, line.Member, min(turnsPerLine, maxTurns-turns))
			turns += n
			if empty {
				err = l.unlist(ctx, line.Member)
			}
			if ctx.Err() != nil {
				return errors.Join(append(errs, ctx.Err())...)
			}
			if err != nil { // one line must not keep the others waiting
				errs = append(errs, fmt.Errorf("line of %s: %w", line.Member, err))
			}
		}
		if len(lines) < linesAtOnce {
			break
		}
	}
	return errors.Join(errs...)
}

// serveLine gives up to n turns to the heads of a line, and returns how many heads left it and whether it is empty.
func (l *Ledger) serveLine(ctx context.Context, line string, n int) (done int, empty bool, err error) {
	id, store, _ := strings.Cut(line, "|")
	t := l.catalog().Template(id)
	if t == nil || t.WaitKeep <= 0 {
		return 0, false, nil // they wait until the catalogue has it again
	}
	for done < n {
		head, err := l.store.Range(ctx, waitPrefix+line, nil, 1, false)
		if err != nil {
			return done, false, Unavailable(err)
		}
		if len(head) == 0 {
			return done, true, nil
		}
		if more, err := l.serveHead(ctx, t, store, line, head[0].Member); err != nil || !more {
			return done, false, err
		}
		done++
	}
	return done, false, nil
}

// serveHead gives the head of a line its turn. It returns false where nothing is left to give.
func (l *Ledger) serveHead(ctx context.Context, t *catalog.Template, store, line, id string) (bool, error) {
	key, _ := surprise.ClaimID(id).Customer()
	loaded, err := l.peek(ctx, key)
	if err != nil {
		return false, err
	}
	if l.cannotTake(loaded[0], t, id) {
		return l.passOver(ctx, key, line, id)
	}
	takes, err := l.turnTakes(ctx, t, store, loaded[0].findTicket(id).GetHousehold(), loaded[0].now)
	if err != nil {
		return false, err
	}
	if room, err := l.hasRoom(ctx, takes); err != nil || !room {
		return false, err
	}
	err = l.giveTurn(ctx, key, line, id, func(m *machine, ticket *storev1.Ticket) { m.turn(ticket, takes, t.WaitKeep) })
	var full *LimitError
	switch {
	case !errors.As(err, &full):
		return err == nil, err
	case !isHousehold(full.Limit):
		return false, nil
	}
	return l.passOver(ctx, key, line, id) // the household had its share
}

// cannotTake reports whether the head of a line could not claim now what it waits for, because it had one meanwhile.
func (l *Ledger) cannotTake(m *machine, t *catalog.Template, id string) bool {
	if m.findTicket(id) == nil {
		return false
	}
	cat := l.catalog()
	return TermsFor(cat, t, surprisev1.Channel_CHANNEL_UNSPECIFIED, "", "", cat.Location).CheckCooldowns(m.rec, m.now) != nil
}

// passOver ends the ticket of a head that cannot take its turn: the line goes on without it.
func (l *Ledger) passOver(ctx context.Context, key surprise.CustomerKey, line, id string) (bool, error) {
	err := l.giveTurn(ctx, key, line, id, func(m *machine, ticket *storev1.Ticket) {
		m.endTicket(ticket, surprisev1.TicketState_MISSED, event.WaitlistMissed)
	})
	return err == nil, err
}

// turnTakes is what a claim of the template's first level would take. A slot is chosen with the claim.
func (l *Ledger) turnTakes(ctx context.Context, t *catalog.Template, store, household string, at time.Time) ([]*storev1.LimitTake, error) {
	takes, err := l.takesOf(ctx, t, t.Levels[0].CostMinor, at, store)
	if err != nil {
		return nil, err
	}
	return append(takes, householdTakes(l.catalog(), t, &storev1.Entry{Purpose: t.Purpose, Category: t.Category}, household, at)...), nil
}

// giveTurn changes a ticket that waits. One that does not wait any more is only taken out of the line.
func (l *Ledger) giveTurn(ctx context.Context, key surprise.CustomerKey, line, id string, give func(m *machine, ticket *storev1.Ticket)) error {
	_, _, err := l.transact(ctx, key, func(m *machine) (*storev1.Entry, error) {
		ticket := m.findTicket(id)
		if ticket.GetState() == surprisev1.TicketState_WAITING {
			if err := l.checkTime(m); err != nil {
				return nil, err
			}
			give(m, ticket)
			return nil, nil
		}
		m.stepOut(line, id)
		return nil, nil
	})
	return err
}

// hasRoom asks before trying, for most of the time nothing has come back.
func (l *Ledger) hasRoom(ctx context.Context, takes []*storev1.LimitTake) (bool, error) {
	var keys []string
	var room []int64
	for _, t := range takes {
		if !isHousehold(t.GetLimit()) {
			keys = append(keys, t.GetLimit())
			room = append(room, t.GetCapacity()-t.GetAmount())
		}
	}
	if len(keys) == 0 {
		return true, nil
	}
	used, err := l.store.Usage(ctx, keys...)
	if err != nil {
		return false, Unavailable(err)
	}
	for i := range used {
		if used[i] > room[i] {
			return false, nil
		}
	}
	return true, nil
}

// unlist forgets a line that is empty, so that nobody looks at it every second. Whoever joined between the look and the deletion is listed again;
// should the service crash right there, the next to join lists the line.
func (l *Ledger) unlist(ctx context.Context, line string) error {
	op := IndexOp{Index: lineIndex, IndexEntry: IndexEntry{IndexPlace: IndexPlace{Member: line}}, Remove: true}
	if err := l.keepLists(ctx, op); err != nil {
		return err
	}
	head, err := l.store.Range(ctx, waitPrefix+line, nil, 1, false)
	if err != nil {
		return Unavailable(err)
	}
	if len(head) == 0 {
		return nil
	}
	op.Remove, op.Score = false, head[0].Score
	return l.keepLists(ctx, op)
}

// keepLists changes an index on behalf of no customer.
func (l *Ledger) keepLists(ctx context.Context, op IndexOp) error {
	_, _, err := l.transact(ctx, l.opts.Hash(ownPrefix+lineIndex), func(m *machine) (*storev1.Entry, error) {
		m.index = append(m.index, op)
		m.changed = true
		return nil, nil
	})
	return err
}
