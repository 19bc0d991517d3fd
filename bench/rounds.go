package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

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

// measure has everything take turns, and returns the figures.
func (f *field) measure(ctx context.Context, progress io.Writer) (doc report.Document, err error) {
	doc = report.NewDocument(f.opts.rounds, f.opts.turn())
	doc.RequestBytes, doc.AnswerBytes, doc.LeftOut = medianLength(f.recommend.Bodies), proto.Size(f.answer), f.leftOut
	for _, c := range f.contenders {
		if _, err := c.turn(ctx, warmUpCallers, load.Result{}, warmUpTurn); err != nil {
			return doc, err
		}
	}
	rows := f.rows()
	for round := range f.opts.rounds {
		fmt.Fprintf(progress, "round %d of %d\n", round+1, f.opts.rounds)
		if err := f.round(ctx, rows, round); err != nil {
			return doc, err
		}
	}
	doc.Figures = report.Summarize(rows)
	doc.Speed, err = f.speed(ctx, progress)
	return doc, err
}

// rows returns empty rows, for each number of callers one per contender, in their order.
func (f *field) rows() []*report.Row {
	var rows []*report.Row
	for _, callers := range f.opts.callers {
		for _, c := range f.contenders {
			rows = append(rows, &report.Row{Name: c.name, Callers: callers})
		}
	}
	return rows
}

// round gives every row one turn. Every other round goes backwards, so that nobody always follows the same neighbour.
func (f *field) round(ctx context.Context, rows []*report.Row, number int) error {
	for i := range rows {
		if number%2 == 1 {
			i = len(rows) - 1 - i
		}
		row, c := rows[i], f.contenders[i%len(f.contenders)]
		var last load.Result
		if n := len(row.Rounds); n > 0 {
			last = row.Rounds[n-1]
		}
		result, err := c.turn(ctx, row.Callers, last, f.opts.turn())
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
