package telemetry

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Calls counts the calls of one method. Its metrics are looked up at the first call rather than at each.
type Calls struct {
	metrics *Metrics
	method  string
	latency func() prometheus.Observer
	ok      func() prometheus.Counter
}

// okCode is the status code of calls that were answered.
const okCode = "OK"

// Method returns what counts the calls of a method. It does not count as called before its first call.
func (m *Metrics) Method(method string) *Calls {
	return &Calls{metrics: m, method: method,
		latency: sync.OnceValue(func() prometheus.Observer { return m.latency.WithLabelValues(method) }),
		ok:      sync.OnceValue(func() prometheus.Counter { return m.calls.WithLabelValues(method, okCode, "") })}
}

// Name returns the method's name.
func (c *Calls) Name() string { return c.method }

// Answered counts a call that was answered.
func (c *Calls) Answered(took time.Duration) {
	c.ok().Inc()
	c.latency().Observe(took.Seconds())
}

// Refused counts a call that was answered with an error.
func (c *Calls) Refused(code, reason string, took time.Duration) {
	c.metrics.calls.WithLabelValues(c.method, code, reason).Inc()
	c.latency().Observe(took.Seconds())
}

// Decision counts one answer of Recommend.
func (m *Metrics) Decision(outcome, bestTemplate string) {
	m.outcomes.WithLabelValues(outcome, bestTemplate).Inc()
}
