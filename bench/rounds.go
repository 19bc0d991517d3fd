package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/surprise-service/surprised/bench/internal/child"
	"github.com/surprise-service/surprised/bench/internal/load"
	"github.com/surprise-service/surprised/bench/internal/report"
	"github.com/surprise-service/surprised/bench/internal/stats"
)

// What the service does, on which store.
const (
	recommendOn = "Recommend, "
	claimOn     = "Claim, "
)

// rank orders the rows of a table: the floors, Recommend, Claim.
func rank(name string) int {
	return slices.IndexFunc([]string{report.Floor1a, report.Floor1b, recommendOn, claimOn}, func(start string) bool { return strings.HasPrefix(name, start) })
}

const (
	warmUpTurn    = 200 * time.Millisecond
	warmUpCallers = 16
)

// service has Recommend, Claim and the floors take turns, and then batches.
func (f *field) service(ctx context.Context, doc *report.Document) (err error) {
	before := slices.Clone(f.processes)
	defer func() {
		mine := slices.DeleteFunc(slices.Clone(f.processes), func(p *child.Process) bool { return slices.Contains(before, p) })
		slices.Reverse(mine)
		err = errors.Join(err, f.stop(mine...))
	}()
	c, err := newContest(ctx, f)
	if err != nil {
		return err
	}
	doc.Templates, doc.RequestBytes, doc.AnswerBytes = f.opts.templates, medianLength(c.recommend.Bodies), proto.Size(c.answers.Typical)
	doc.Outcomes, doc.Offers = c.answers.Outcomes, c.answers.Offers
	if f.opts.runs(partService) {
		if doc.Figures, err = c.measure(ctx); err != nil {
			return err
		}
	}
	if f.opts.runs(partBatch) {
		if doc.Batch, err = c.batch(ctx); err != nil {
			return err
		}
	}
	if f.opts.profile != "" {
		err = c.profile(ctx, f.opts.profile)
	}
	return err
}

func (c *contest) measure(ctx context.Context) ([]report.Figures, error) {
	for _, x := range c.contenders {
		if _, err := x.turn(ctx, warmUpCallers, load.Result{}, min(warmUpTurn, c.opts.turn())); err != nil {
			return nil, err
		}
	}
	rows := c.rows()
	for round := range c.opts.rounds {
		c.say("service, round %d of %d", round+1, c.opts.rounds)
		if err := c.round(ctx, rows, round); err != nil {
			return nil, err
		}
	}
	return report.Summarize(rows), nil
}

// rows returns empty rows, for each number of callers one per contender, in their order.
func (c *contest) rows() []*report.Row {
	var rows []*report.Row
	for _, callers := range c.opts.callers {
		for _, x := range c.contenders {
			rows = append(rows, &report.Row{Name: x.name, Callers: callers})
		}
	}
	return rows
}

// round gives every row one turn. Every other round goes backwards, so that nobody always follows the same neighbour.
func (c *contest) round(ctx context.Context, rows []*report.Row, number int) error {
	for i := range rows {
		if number%2 == 1 {
			i = len(rows) - 1 - i
		}
		row, x := rows[i], c.contenders[i%len(c.contenders)]
		var last load.Result
		if n := len(row.Rounds); n > 0 {
			last = row.Rounds[n-1]
		}
		result, err := x.turn(ctx, row.Callers, last, c.opts.turn())
		if err != nil {
			return err
		}
		row.Rounds = append(row.Rounds, result)
	}
	return nil
}

// turn prepares calls and measures them.
func (c *contender) turn(ctx context.Context, callers int, last load.Result, d time.Duration) (load.Result, error) {
	calls, err := c.calls(ctx, callers, last)
	if err != nil {
		return load.Result{}, fmt.Errorf("prepare %s, %d callers: %w%s", c.name, callers, err, c.server.Log())
	}
	result, err := load.Run(ctx, c.target, calls, callers, d)
	if err != nil {
		return load.Result{}, fmt.Errorf("%s, %d callers: %w%s", c.name, callers, err, c.server.Log())
	}
	return result, nil
}

func medianLength(bodies [][]byte) int {
	lengths := make([]float64, len(bodies))
	for i, b := range bodies {
		lengths[i] = float64(len(b))
	}
	return int(stats.Median(lengths))
}
