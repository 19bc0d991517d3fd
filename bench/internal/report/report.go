// Package report turns rounds into figures, and figures into a table and JSON.
package report

import (
	"math"

	"github.com/surprise-service/surprised/bench/internal/load"
	"github.com/surprise-service/surprised/bench/internal/stats"
)

// The names of the floors, which everything is compared with.
const (
	Floor1a = "1a echo"
	Floor1b = "1b echo + GET"
)

// Row has all rounds of one contender with one number of callers. The rounds of all rows were interleaved: those of the same position
// belong together.
type Row struct {
	Name    string
	Callers int
	Rounds  []load.Result
}

// Figures are the medians of a row. What could not be measured is nil.
type Figures struct {
	Name      string   `json:"name"`
	Callers   int      `json:"callers"`
	PerSecond float64  `json:"requests_per_second"`
	P50       float64  `json:"p50_us"`
	P99       float64  `json:"p99_us"`
	CPU       *float64 `json:"server_cpu_us_per_request,omitempty"`
	RateTo1a  *float64 `json:"rate_to_1a,omitempty"`
	CPUTo1a   *float64 `json:"cpu_to_1a,omitempty"`
	CPUTo1b   *float64 `json:"cpu_to_1b,omitempty"`

	cpus []float64 // of each round
}

// Summarize returns the figures of rows in their order.
func Summarize(rows []*Row) []Figures {
	out := make([]Figures, len(rows))
	for i, r := range rows {
		a, b := find(rows, Floor1a, r.Callers), find(rows, Floor1b, r.Callers)
		out[i] = Figures{
			Name: r.Name, Callers: r.Callers,
			PerSecond: stats.Median(r.each(rate)), P50: stats.Median(r.each(p50)), P99: stats.Median(r.each(p99)),
			CPU:      number(stats.Median(r.each(cpu))),
			RateTo1a: number(stats.Ratio(r.each(rate), a.each(rate))),
			CPUTo1a:  number(stats.Ratio(r.each(cpu), a.each(cpu))),
			CPUTo1b:  number(stats.Ratio(r.each(cpu), b.each(cpu))),
			cpus:     r.each(cpu),
		}
	}
	return out
}

// find returns the row of a floor with as many callers; nil, which has no rounds, where it was left out.
func find(rows []*Row, name string, callers int) *Row {
	for _, r := range rows {
		if r.Name == name && r.Callers == callers {
			return r
		}
	}
	return nil
}

func (r *Row) each(of func(load.Result) float64) []float64 {
	if r == nil {
		return nil
	}
	out := make([]float64, len(r.Rounds))
	for i, round := range r.Rounds {
		out[i] = of(round)
	}
	return out
}

const microsecond = 1e-6

func rate(r load.Result) float64 { return float64(r.Calls) / r.Took.Seconds() }
func p50(r load.Result) float64  { return r.P50.Seconds() / microsecond }
func p99(r load.Result) float64  { return r.P99.Seconds() / microsecond }

// cpu is that of the server for one call, in microseconds; NaN where it is not known.
func cpu(r load.Result) float64 {
	if r.CPU == 0 {
		return math.NaN()
	}
	return r.CPU.Seconds() / microsecond / float64(r.Calls)
}

func number(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}
