package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/felixge/httpsnoop"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what Prometheus reads.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration prometheus.Histogram
	sent     prometheus.Counter
}

func newMetrics(build string) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "reverie_http_requests_total", Help: "Requests answered, by status code."}, []string{"code"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "reverie_http_request_duration_seconds", Help: "Time from a request to the end of its answer.", Buckets: prometheus.ExponentialBuckets(1e-4, 10, 7),
		}),
		sent: prometheus.NewCounter(prometheus.CounterOpts{Name: "reverie_http_sent_bytes_total", Help: "Bytes of content sent."}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "reverie_build_info", Help: "1 for the build that is served.", ConstLabels: prometheus.Labels{"build": build}})
	info.Set(1)
	m.registry.MustRegister(m.requests, m.duration, m.sent, info, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// watch adds what a gate counts.
func (m *metrics) watch(g *gate) {
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "reverie_connections", Help: "Connections that are open."}, func() float64 { return float64(g.open()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "reverie_connections_refused_total", Help: "Connections refused, because there were too many."},
			func() float64 { return float64(g.refused.Load()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "reverie_connections_evicted_total", Help: "Idle connections closed to make room."},
			func() float64 { return float64(g.evicted.Load()) }),
	)
}

// observed counts the answers of h, unless there are no metrics, and logs them, if asked for.
func observed(h http.Handler, m *metrics, log *slog.Logger, each bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httpsnoop.CaptureMetrics(h, w, r)
		if m != nil {
			m.requests.WithLabelValues(strconv.Itoa(answer.Code)).Inc()
			m.duration.Observe(answer.Duration.Seconds())
			m.sent.Add(float64(answer.Written))
		}
		if each {
			log.Info("request", "from", r.RemoteAddr, "method", r.Method, "path", r.URL.Path, "protocol", r.Proto, "status", answer.Code, "bytes", answer.Written,
				"duration", answer.Duration)
		}
	})
}

// serve answers Prometheus at an address of its own until ctx ends, and returns it.
func (m *metrics) serve(ctx context.Context, address string, log *slog.Logger) (net.Addr, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve: cannot listen at %s for metrics: %w", address, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadTimeout: usual.read, WriteTimeout: usual.stall, IdleTimeout: time.Minute, MaxHeaderBytes: maxHeader}
	context.AfterFunc(ctx, func() { server.Close() })
	go server.Serve(listener)
	log.Info("metrics", "url", fmt.Sprintf("http://%s/metrics", listener.Addr()))
	return listener.Addr(), nil
}
