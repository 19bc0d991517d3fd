package simulate

import (
	"testing"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
)

// smallShop has a door and a table, which is the peak and reached by everybody. The cup is the better bargain, the vase the greater thing.
const smallShop = `
default_locale: en
time_zone: UTC
journeys:
  - id: visit
    stages:
      - {id: door, next: [{stage: table, probability: 1}]}
      - {id: table, role: PEAK}
policies:
  caps: [{max: 1, window: visit}]
  half_life: 90d
  cost_weight: 0.01
  temperature: 0
templates:
  - id: cup
    kind: SERVICE
    levels: [{id: plain, value: 20, cost_minor: 100}]
    texts: {en: {title: A cup, message: For you.}}
  - id: vase
    kind: GIFT
    levels: [{id: plain, value: 30, cost_minor: 2000}]
    texts: {en: {title: A vase, message: For you.}}
`

func load(t *testing.T, text string) *catalog.Catalog {
	t.Helper()
	cat, problems := catalog.Load([]catalog.File{{Name: "catalog.yaml", Data: []byte(text)}})
	if cat == nil {
		t.Fatal(problems)
	}
	return cat
}

func guest(id string) *surprisev1.RecommendRequest {
	return &surprisev1.RecommendRequest{
		Customer: &surprisev1.CustomerProfile{Id: id},
		Moment:   &surprisev1.Moment{Stage: "door", Channel: surprisev1.Channel_POS},
	}
}

func newYear2027() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) }

// visitsOn plans visits of the first customer to door and table, at noon of the days from the first one on.
func visitsOn(days ...int) *plan {
	p := &plan{visits: len(days)}
	for v, d := range days {
		for step, stage := range []string{"door", "table"} {
			at := newYear2027().AddDate(0, 0, d).Add(12*time.Hour + time.Duration(step)*stageTime)
			p.moments = append(p.moments, moment{at: at, visit: v, step: step, stage: stage, refuse: 0.5})
		}
	}
	return p
}

// lived takes a plan through a year under a policy.
func lived(t *testing.T, opts Options, p policy, plan *plan) (*year, PolicyReport) {
	t.Helper()
	y, err := newYear(t.Context(), &opts, p, newProgress(opts.Progress, 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := y.live(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	return y, y.report()
}
