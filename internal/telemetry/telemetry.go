// Package telemetry makes the logger and the metrics. Neither ever sees a customer's id, a token or a key.
package telemetry

import (
	"fmt"
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// NewLogger returns a logger that writes to w. Level is debug, info, warn or error; format is console or json.
func NewLogger(w io.Writer, level, format string) (*zap.Logger, error) {
	l, err := zapcore.ParseLevel(level)
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	cfg := zap.NewProductionEncoderConfig()
	cfg.EncodeTime = zapcore.RFC3339TimeEncoder
	cfg.EncodeDuration = zapcore.StringDurationEncoder
	enc := zapcore.NewConsoleEncoder(cfg)
	if format == "json" {
		enc = zapcore.NewJSONEncoder(cfg)
	}
	core := zapcore.NewCore(enc, zapcore.Lock(zapcore.AddSync(w)), l)
	// An outage fails every call: of the same message only the first ten in a second are written, then one of a hundred.
	return zap.New(zapcore.NewSamplerWithOptions(core, time.Second, 10, 100)), nil
}

// Metrics are what the service counts.
type Metrics struct {
	Registry *prometheus.Registry
	calls    *prometheus.CounterVec
	latency  *prometheus.HistogramVec
	outcomes *prometheus.CounterVec
	reaped   prometheus.Counter
	expired  prometheus.Counter
	released prometheus.Counter
	lag      prometheus.Gauge
	skew     prometheus.Gauge
	swept    prometheus.Counter
	panics   prometheus.Counter
	watchers prometheus.Gauge
	events   *prometheus.CounterVec
}

// NewMetrics returns metrics in a registry of their own, with those of the Go runtime and the process.
func NewMetrics() *Metrics {
	m := &Metrics{
		Registry: prometheus.NewRegistry(),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "surprised_calls_total",
			Help: "API calls by method, status code and reason."}, []string{"method", "code", "reason"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "surprised_call_seconds", Help: "Duration of API calls by method.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}}, []string{"method"}),
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "surprised_decisions_total",
			Help: "Decisions by outcome and, for offers, the best template."}, []string{"outcome", "template"}),
		reaped:   prometheus.NewCounter(prometheus.CounterOpts{Name: "surprised_reaped_records_total", Help: "Records whose expired holds were ended."}),
		expired:  prometheus.NewCounter(prometheus.CounterOpts{Name: "surprised_reaped_holds_total", Help: "Holds that ran out and were ended."}),
		released: prometheus.NewCounter(prometheus.CounterOpts{Name: "surprised_reaped_reservations_total", Help: "Reservations given back to limits because their claims were over or never made."}),
		lag:      prometheus.NewGauge(prometheus.GaugeOpts{Name: "surprised_reaper_lag_seconds", Help: "How long ago the record was due on which the reaper worked last."}),
		skew:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "surprised_clock_skew_seconds", Help: "How far the store's clock is ahead of this server's."}),
		swept:    prometheus.NewCounter(prometheus.CounterOpts{Name: "surprised_swept_limits_total", Help: "Limits dropped because their period was over long ago."}),
		panics:   prometheus.NewCounter(prometheus.CounterOpts{Name: "surprised_panics_total", Help: "Calls that panicked and were answered with INTERNAL."}),
		watchers: prometheus.NewGauge(prometheus.GaugeOpts{Name: "surprised_watchers", Help: "Streams of events that are open now."}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "surprised_events_sent_total",
			Help: "Events passed on to watchers, by type."}, []string{"type"}),
	}
	m.Registry.MustRegister(m.calls, m.latency, m.outcomes, m.reaped, m.expired, m.released, m.lag, m.skew, m.swept, m.panics, m.watchers, m.events,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Reaped counts records whose expired holds were ended.
func (m *Metrics) Reaped(n int) { m.reaped.Add(float64(n)) }

// Expired counts holds that the reaper ended.
func (m *Metrics) Expired(n int64) { m.expired.Add(float64(n)) }

// Released counts reservations that the reaper gave back.
func (m *Metrics) Released(n int64) { m.released.Add(float64(n)) }

// ReaperLag says how late the reaper is.
func (m *Metrics) ReaperLag(lag time.Duration) { m.lag.Set(lag.Seconds()) }

// ClockSkew says how far the store's clock is ahead of ours.
func (m *Metrics) ClockSkew(skew time.Duration) { m.skew.Set(skew.Seconds()) }

// Swept counts limits that were dropped.
func (m *Metrics) Swept(n int) { m.swept.Add(float64(n)) }

// Panic counts a call that panicked.
func (m *Metrics) Panic() { m.panics.Inc() }

// Watching counts the streams of events that are open: 1 for a new one, -1 for one that ended.
func (m *Metrics) Watching(change float64) { m.watchers.Add(change) }

// Event counts an event that was passed on to a watcher.
func (m *Metrics) Event(kind string) { m.events.WithLabelValues(kind).Inc() }
