package catalog

import (
	"slices"
	"strings"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

func (c *compiler) compileJourneys() {
	if len(c.src.GetJourneys()) == 0 && len(c.src.GetTemplates()) > 0 {
		c.hintf(c.places.first, "add journeys: with at least one stage", "the catalogue has no journey")
	}
	for i, src := range c.src.GetJourneys() {
		at := c.places.journeys[i]
		if c.cat.journeys[src.GetId()] != nil {
			c.errorf(at.in("id"), "journey %q is here twice", src.GetId())
			continue
		}
		j := c.journey(src, at)
		c.cat.journeys[j.ID] = j
		c.cat.only = j
	}
	if len(c.cat.journeys) != 1 {
		c.cat.only = nil
	}
}

func (c *compiler) journey(src *surprisev1.Journey, at place) *Journey {
	j := &Journey{ID: src.GetId(), byID: map[string]*Stage{}}
	for i, s := range src.GetStages() {
		if j.byID[s.GetId()] != nil {
			c.errorf(at.in("stages", i, "id"), "stage %q is here twice", s.GetId())
			continue
		}
		st := c.stage(s)
		st.Position = len(j.Stages)
		j.Stages = append(j.Stages, st)
		j.byID[st.ID] = st
	}
	for i, s := range src.GetStages() {
		c.transitions(j, s, at.in("stages", i))
	}
	c.checkReachable(j, at)
	return j
}

// checkReachable warns of stages that no customer comes to from the first one. A journey without any transitions says nothing about its order.
func (c *compiler) checkReachable(j *Journey, at place) {
	reached := map[*Stage]bool{}
	for queue := j.Stages[:min(1, len(j.Stages))]; len(queue) > 0; queue = queue[1:] {
		if reached[queue[0]] {
			continue
		}
		reached[queue[0]] = true
		for _, t := range queue[0].Next {
			queue = append(queue[:len(queue):len(queue)], t.To)
		}
	}
	connected := slices.ContainsFunc(j.Stages, func(s *Stage) bool { return len(s.Next) > 0 })
	for i, s := range j.Stages {
		if connected && !reached[s] {
			p := at.in("stages", i, "id").problem("no customer comes to stage %q: nothing leads to it from %q", s.ID, j.Stages[0].ID)
			p.Warning, p.Hint = true, "name it under next: of an earlier stage"
			c.add(p)
		}
	}
}

func (c *compiler) stage(src *surprisev1.Stage) *Stage {
	s := &Stage{ID: src.GetId(), Role: src.GetRole(), Weight: orDefault(src.Weight, 1), index: c.cat.numStages}
	c.cat.numStages++
	s.Factor = s.Weight
	switch s.Role {
	case surprisev1.StageRole_PEAK:
		s.Factor *= c.cat.Policies.PeakFactor
	case surprisev1.StageRole_END:
		s.Factor *= c.cat.Policies.EndFactor
	default:
		s.Role = surprisev1.StageRole_ORDINARY
	}
	return s
}

func (c *compiler) transitions(j *Journey, src *surprisev1.Stage, at place) {
	from := j.byID[src.GetId()]
	sum := 0.0
	for i, t := range src.GetNext() {
		to := j.byID[t.GetStage()]
		if to == nil {
			c.hintf(at.in("next", i, "stage"), "stages are "+surprise.List(j.StageIDs()), "journey %q has no stage %q", j.ID, t.GetStage())
			continue
		}
		sum += t.GetProbability()
		from.Next = append(from.Next, Transition{To: to, Probability: t.GetProbability()})
	}
	if sum > 1+1e-9 {
		c.hintf(at.in("next"), "what is missing to 1 is the probability that the visit ends", "the probabilities after stage %q add up to %g, more than 1", src.GetId(), sum)
	}
}

func orDefault(v *float64, def float64) float64 {
	if v == nil {
		return def
	}
	return *v
}

// stageSet resolves "stage" and "journey/stage"; nil means all stages.
func (c *compiler) stageSet(refs []string, at place) []bool {
	if len(refs) == 0 {
		return nil
	}
	set := make([]bool, c.cat.numStages)
	for i, ref := range refs {
		found := c.findStages(ref)
		if len(found) == 0 {
			c.hintf(at.in(i), "stages are "+surprise.List(c.stageNames()), "stage %q does not exist", ref)
		}
		for _, s := range found {
			set[s.index] = true
		}
	}
	return set
}

func (c *compiler) findStages(ref string) []*Stage {
	journey, stage, qualified := strings.Cut(ref, "/")
	if !qualified {
		stage = ref
	}
	var out []*Stage
	for _, j := range c.cat.journeys {
		if s := j.byID[stage]; s != nil && (!qualified || j.ID == journey) {
			out = append(out, s)
		}
	}
	return out
}

func (c *compiler) findStageNames() []string {
	var out []string
	for _, j := range c.src.GetJourneys() {
		for _, s := range j.GetStages() {
			out = append(out, s.GetId())
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
