package report

import (
	"fmt"
	"strings"

	"github.com/surprise-service/surprised/bench/internal/stats"
)

// The floors of claims without gRPC, and what is compared with them. Floors of redis-benchmark are left out where it is not installed.
const (
	Floor2a       = "2a EVALSHA, redis-benchmark"
	Floor2b       = "2b EVALSHA, go-redis"
	Floor2cHot    = "2c apply.lua, redis-benchmark (hot)"
	Floor2cSpread = "2c apply.lua, redis-benchmark (spread)"
	ClaimHot      = "Claim, one hot limit"
	ClaimSpread   = "Claim, 20000 customers"
)

// Speed compares claims with scripts on the same Redis, by as many callers: a trivial one, and their own.
type Speed struct {
	Callers int          `json:"callers"`
	Figures []SpeedLevel `json:"figures"`
	Ratios  []Ratio      `json:"ratios"`
}

// SpeedLevel has the medians of a row.
type SpeedLevel struct {
	Name      string  `json:"name"`
	PerSecond float64 `json:"requests_per_second"`
	P50       float64 `json:"p50_us"`
	P99       float64 `json:"p99_us"`
}

// Ratio is the median rate of claims, divided by that of a floor.
type Ratio struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// NewSpeed returns the figures of rows, which have the same number of callers.
func NewSpeed(rows []*Row, callers int) *Speed {
	s := &Speed{Callers: callers}
	for _, r := range rows {
		s.Figures = append(s.Figures, SpeedLevel{
			Name: r.Name, PerSecond: stats.Median(r.each(rate)), P50: stats.Median(r.each(p50)), P99: stats.Median(r.each(p99)),
		})
	}
	floor := Floor2a
	if !s.has(floor) {
		floor = Floor2b
	}
	s.compare("evalsha", floor, floor)
	s.compare("go_evalsha", Floor2b, Floor2b)
	if s.has(Floor2cHot) {
		s.compare("own_script", Floor2cHot, Floor2cSpread)
	}
	return s
}

// compare has a floor for each kind of claims.
func (s *Speed) compare(as, hot, spread string) {
	for _, claims := range [][3]string{{"claim_hot", ClaimHot, hot}, {"claim_20000", ClaimSpread, spread}} {
		value := s.rateOf(claims[1]) / s.rateOf(claims[2])
		s.Ratios = append(s.Ratios, Ratio{fmt.Sprintf("%s_vs_%s_%d", claims[0], as, s.Callers), value})
	}
}

func (s *Speed) has(name string) bool { return s.rateOf(name) > 0 }

// rateOf returns 0 for a row that was left out.
func (s *Speed) rateOf(name string) float64 {
	for _, f := range s.Figures {
		if f.Name == name {
			return f.PerSecond
		}
	}
	return 0
}

// String returns the figures for a terminal; nothing where there are none.
func (s *Speed) String() string {
	if s == nil {
		return ""
	}
	cells := [][]string{{"", "callers", "req/s", "p50 µs", "p99 µs"}}
	for _, f := range s.Figures {
		cells = append(cells, []string{
			f.Name, fmt.Sprint(s.Callers), fmt.Sprintf("%.0f", f.PerSecond), fmt.Sprintf("%.0f", f.P50), fmt.Sprintf("%.0f", f.P99),
		})
	}
	var out strings.Builder
	out.WriteString("\nThe ledger without gRPC, beside scripts without the ledger: one that returns 1, and its own; on one Redis, ratios of the medians:\n\n")
	out.WriteString(align(cells) + "\n")
	for _, r := range s.Ratios {
		fmt.Fprintf(&out, "figure %s %.3f\n", r.Name, r.Value)
	}
	if s.has(Floor2a) {
		return out.String() + `
evalsha is redis-benchmark, which is written in C; go_evalsha is the client that the ledger has too; own_script is redis-benchmark with
the script and the words of a claim, without what goes before it: reading the record, the rules, and encoding.
`
	}
	return out.String() + "\nredis-benchmark is not installed: evalsha is go-redis, as go_evalsha is, and there is no own_script.\n"
}
