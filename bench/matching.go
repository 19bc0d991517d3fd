package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/surprise-service/surprised/bench/internal/child"
	"github.com/surprise-service/surprised/bench/internal/matchers"
	"github.com/surprise-service/surprised/bench/internal/report"
)

// hurried are the third-party engines of a quick run with n rules. Building the others takes longer than such a run may; in full runs
// none of them was the fastest of its size.
func hurried(n int) []string {
	switch {
	case n < 1000:
		return matchers.ThirdParty()
	case n < 10_000:
		return []string{matchers.CELFlat, matchers.Expr, matchers.OPA}
	case n < 100_000:
		return []string{matchers.Expr}
	default:
		return nil
	}
}

// player is an engine with one catalogue, in a process of its own.
type player struct {
	name   string
	n      int
	child  *child.Process
	info   matchers.Info
	rounds map[matchers.Task][]matchers.Round
}

// matching has all engines match catalogues of each size, one size after the other.
func (f *field) matching(ctx context.Context, doc *report.Document) error {
	for _, n := range f.opts.sizes {
		players, err := f.players(ctx, n)
		if err == nil {
			err = f.play(ctx, players)
		}
		for _, p := range players {
			doc.Matching = append(doc.Matching, report.NewMatching(p.name, p.n, p.info, p.rounds))
			err = errors.Join(err, f.stop(p.child))
		}
		if err != nil {
			return err
		}
	}
	doc.Compare()
	return nil
}

// engines are those that take part with n rules.
func (f *field) engines(n int) []string {
	var out []string
	for _, name := range matchers.Names() {
		left := f.opts.quick && slices.Contains(matchers.ThirdParty(), name) && !slices.Contains(hurried(n), name)
		if matchers.Takes(name, f.opts.shape, n) && !left {
			out = append(out, name)
		}
	}
	return out
}

// players builds engines at the same time, in processes of their own, and checks that they agree. With an error it may return some.
func (f *field) players(ctx context.Context, n int) ([]*player, error) {
	names := f.engines(n)
	f.say("match, %d rules: build %s", n, strings.Join(names, "; "))
	players, errs := make([]*player, len(names)), make([]error, len(names))
	var wait sync.WaitGroup
	for i, name := range names {
		players[i] = &player{name: name, n: n, rounds: map[matchers.Task][]matchers.Round{}}
		wait.Go(func() { errs[i] = players[i].start(ctx, f) })
	}
	wait.Wait()
	started := slices.DeleteFunc(players, func(p *player) bool { return p.child == nil })
	for _, p := range started {
		f.processes = append(f.processes, p.child)
	}
	return started, errors.Join(append(errs, agree(started))...)
}

func (p *player) start(ctx context.Context, f *field) (err error) {
	name := fmt.Sprintf("%s-%d", strings.ReplaceAll(p.name, ", ", "-"), p.n)
	if p.child, err = child.Start(ctx, f.dir, name, child.Matcher, p.name, string(f.opts.shape), strconv.Itoa(p.n)); err != nil {
		return err
	}
	return p.child.Ask(ctx, child.MatcherTurn{}, &p.info)
}

// agree checks that all have found the same rules for the profiles that they were asked about; slow ones were asked about fewer.
func agree(players []*player) error {
	for _, p := range players {
		for i := range min(len(p.info.Answers), len(players[0].info.Answers)) {
			if p.info.Answers[i] != players[0].info.Answers[i] {
				return fmt.Errorf("%s and %s do not find the same of %d rules for profile %d", players[0].name, p.name, p.n, i)
			}
		}
	}
	return nil
}

// play gives each engine its turns, every other round backwards; the first round warms up.
func (f *field) play(ctx context.Context, players []*player) error {
	for round := range f.opts.rounds + 1 {
		f.say("match, %d rules: round %d of %d", players[0].n, round, f.opts.rounds)
		for _, p := range players {
			if err := p.turn(ctx, round > 0, f.matchTurn()); err != nil {
				return err
			}
		}
		slices.Reverse(players)
	}
	slices.SortFunc(players, func(a, b *player) int {
		return slices.Index(matchers.Names(), a.name) - slices.Index(matchers.Names(), b.name)
	})
	return nil
}

// matchTurn is how long a turn of an engine is: there are many, and engines need not wait for anybody.
func (f *field) matchTurn() time.Duration {
	if f.opts.quick {
		return min(f.opts.turn(), 120*time.Millisecond)
	}
	return min(f.opts.turn(), 250*time.Millisecond)
}

func (p *player) turn(ctx context.Context, counts bool, d time.Duration) error {
	tasks := []matchers.Task{matchers.Match}
	if p.name == matchers.Surprised {
		tasks = append(tasks, matchers.Top, matchers.Facts, matchers.Search)
	}
	for _, task := range tasks {
		var r matchers.Round
		if err := p.child.Ask(ctx, child.MatcherTurn{Task: task, For: d}, &r); err != nil {
			return err
		}
		if counts {
			p.rounds[task] = append(p.rounds[task], r)
		}
	}
	return nil
}
