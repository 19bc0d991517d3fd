package matchers

import (
	"fmt"
	"testing"

	"github.com/surprise-service/surprised/bench/internal/rules"
)

// BenchmarkTask measures what a task takes, by shape and size: to profile one, and to compare two versions of the code in short turns.
func BenchmarkTask(b *testing.B) {
	for _, w := range []struct {
		shape rules.Shape
		n     int
		tasks []Task
	}{
		{rules.Plain, 100, []Task{Facts, Match}}, {rules.Plain, 1000, []Task{Match, Top, Search}}, {rules.Plain, 10_000, []Task{Match}},
		{rules.Plain, 100_000, []Task{Match, Top, Search}},
		{rules.Custom, 1000, []Task{Facts, Match}}, {rules.DNF, 1000, []Task{Match}}, {rules.Stores, 1000, []Task{Match}}, {rules.Rare, 1000, []Task{Match}},
		{rules.Ors, 1000, []Task{Match}}, {rules.True, 1000, []Task{Match}}, {rules.False, 1000, []Task{Match}},
	} {
		var s *Session
		for _, task := range w.tasks {
			b.Run(fmt.Sprintf("%s/%d/%s", w.shape, w.n, task), func(b *testing.B) {
				if s == nil {
					var err error
					if s, err = NewSession(Surprised, w.shape, w.n); err != nil {
						b.Fatal(err)
					}
				}
				benchmarkTask(b, s, task)
			})
		}
	}
}

func benchmarkTask(b *testing.B, s *Session, task Task) {
	b.Helper()
	do, err := s.work(task, len(s.Answers))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := do(i % len(s.Answers)); err != nil {
			b.Fatal(err)
		}
	}
}
