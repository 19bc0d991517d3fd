package report

import (
	"fmt"
	"strings"

	"github.com/surprise-service/surprised/bench/internal/stats"
)

// The floors of claims without gRPC, and what is compared with them. Floor2a is left out where redis-benchmark is not installed.
const (
	Floor2a     = "2a EVALSHA, redis-benchmark"
	Floor2b     = "2b EVALSHA, go-redis"
	ClaimHot    = "Claim, one hot limit"
	ClaimSpread = "Claim, 20000 customers"
)

// Speed compares claims with a trivial script on the same Redis, by as many callers.
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
	s.compare("evalsha", floor)
	s.compare("go_evalsha", Floor2b)
	return s
}

func (s *Speed) compare(as, floor string) {
	for _, claims := range [][2]string{{"claim_hot", ClaimHot}, {"claim_20000", ClaimSpread}} {
		value := s.rateOf(claims[1]) / s.rateOf(floor)
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
	fmt.Fprintf(&out, "\nThe ledger without gRPC, beside a script that returns 1, on one Redis of their own; ratios of the medians:\n\n%s\n", align(cells))
	for _, r := range s.Ratios {
		fmt.Fprintf(&out, "figure %s %.3f\n", r.Name, r.Value)
	}
	if s.has(Floor2a) {
		return out.String() + "\nevalsha is redis-benchmark, which is written in C; go_evalsha is the client that the ledger has too.\n"
	}
	return out.String() + "\nredis-benchmark is not installed: evalsha is go-redis, as go_evalsha is.\n"
}
