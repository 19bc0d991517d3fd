package matchers

import (
	"cmp"
	"slices"
	"testing"

	"github.com/surprise-service/surprised/bench/internal/rules"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/match"
)

// TestTop compares the search that stops early with the scores of all that match.
func TestTop(t *testing.T) {
	c := rules.Generate(rules.Plain, 1, 1000)
	var e ours
	if err := e.Build(c); err != nil {
		t.Fatal(err)
	}
	if err := e.Prepare(c, rules.Profiles(c.Attributes, 7, 100)); err != nil {
		t.Fatal(err)
	}
	full := 0
	for i := range e.requests {
		q, err := e.query(i)
		if err != nil {
			t.Fatal(err)
		}
		byScore := match.All(match.NewScan(e.catalog), q, nil)
		slices.SortFunc(byScore, func(a, b *catalog.Template) int {
			return cmp.Compare(score(b, q.Stages[0], i), score(a, q.Stages[0], i))
		})
		var got top
		got.find(e.matcher, q, i)
		if got.n != min(len(byScore), best) {
			t.Fatalf("profile %d: got %d of %d", i, got.n, len(byScore))
		}
		for j := range got.n {
			if got.all[j].template != byScore[j] {
				t.Errorf("profile %d: number %d is %s, want %s", i, j, got.all[j].template.ID, byScore[j].ID)
			}
		}
		full += got.n / best
	}
	if full < 50 {
		t.Errorf("only %d of 100 profiles have %d matches", full, best)
	}
}

// TestScoreIsBelowTheCeiling for any profile.
func TestScoreIsBelowTheCeiling(t *testing.T) {
	template := &catalog.Template{Levels: []catalog.Level{{Value: 20}}}
	stage := &catalog.Stage{Factor: 1.5}
	least, most := 1e9, 0.0
	for profile := range 10_000 {
		s := score(template, stage, profile)
		least, most = min(least, s), max(most, s)
	}
	if bound := ceiling(template, stage.Factor); most >= bound || most < 0.99*bound || least > 30*(1-reach)*1.01 {
		t.Errorf("scores from %v to %v under a ceiling of %v", least, most, bound)
	}
}

// TestSession does all tasks.
func TestSession(t *testing.T) {
	s, err := NewSession(Surprised, rules.Plain, 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range []Task{Match, Top, Facts, Search} {
		r, err := s.Run(task, 1)
		if err != nil || r.Profiles == 0 || r.Took <= 0 {
			t.Errorf("%s: got %+v, %v", task, r, err)
		}
	}
	if len(s.Answers) < fewest || s.Heap <= 0 || s.Build <= 0 {
		t.Errorf("got %+v", s.Info)
	}
	if _, err := s.Run("guess", 1); err == nil {
		t.Error("there is no task of that name")
	}
}
