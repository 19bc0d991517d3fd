// Package catalog turns a folder of YAML files into one checked, compiled, immutable catalogue.
//
// All that is wrong is reported at once, each problem as file:line:col. What passes is compiled for the request: rules are programs,
// periods are parsed, texts are complete for every locale. A catalogue is never changed: a reload makes a new one.
package catalog

import (
	"time"

	"golang.org/x/text/language"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/calendar"
	"github.com/surprise-service/surprised/internal/rule"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Catalog is a compiled catalogue. It is safe for concurrent use and never changes, save for what it remembers of its own answers.
type Catalog struct {
	// Source is what was written, merged.
	Source *surprisev1.Catalog
	// Revision identifies the content.
	Revision string
	// Location is the catalogue's own time zone.
	Location *time.Location
	Rules    *rule.Set
	Policies Policies
	// Templates are in the order of their ids.
	Templates []*Template

	// Wallet and Wishes are about what clerks give of their own accord, and the surprise wall.
	Wallet Wallet
	Wishes Wishes

	stores   map[string]*Store
	shifts   []time.Duration
	byID     map[string]*Template
	journeys map[string]*Journey
	// only is the journey where there is just one.
	only      *Journey
	numStages int
	limits    map[string]*Limit
	household map[string]time.Duration // by category
	market    map[marketKey]float64
	occasions map[string]calendar.Spec
	// segmentPlaces is where segments are written.
	segmentPlaces map[string]place
	locales       []language.Tag // the default first
	matcher       language.Matcher
	found         foundLocales
}

// Template returns the template of this id, or nil.
func (c *Catalog) Template(id string) *Template { return c.byID[id] }

// Journey returns the journey of this id, or nil. The empty id means the only journey of the catalogue.
func (c *Catalog) Journey(id string) *Journey {
	if id == "" {
		return c.only
	}
	return c.journeys[id]
}

// JourneyIDs returns the ids of all journeys as they were written.
func (c *Catalog) JourneyIDs() []string {
	out := make([]string, 0, len(c.journeys))
	for _, j := range c.Source.GetJourneys() {
		out = append(out, j.GetId())
	}
	return out
}

// HouseholdCooldown is how long a household waits between surprises of a category; 0: not at all.
func (c *Catalog) HouseholdCooldown(category string) time.Duration { return c.household[category] }

// Limit returns the limit of this id, or nil.
func (c *Catalog) Limit(id string) *Limit { return c.limits[id] }

type marketKey struct {
	kind   surprisev1.Kind
	region string
}

// Market returns how usual a kind is among peers in a region, 0 to 1: what is said of the region, else of everywhere, else 0.
func (c *Catalog) Market(k surprisev1.Kind, region string) float64 {
	if usual, ok := c.market[marketKey{k, region}]; ok {
		return usual
	}
	return c.market[marketKey{kind: k}]
}

// Occasion returns the occasion of a name, of the catalogue's own or of those that need no definition.
func (c *Catalog) Occasion(name string) (calendar.Spec, bool) {
	if s, ok := c.occasions[name]; ok {
		return s, true
	}
	return calendar.Named(name)
}

// Journey is a graph of stages.
type Journey struct {
	ID     string
	Stages []*Stage
	byID   map[string]*Stage
}

// Stage returns the stage of this id, or nil.
func (j *Journey) Stage(id string) *Stage { return j.byID[id] }

// StageIDs returns the ids of all stages in order.
func (j *Journey) StageIDs() []string {
	out := make([]string, len(j.Stages))
	for i, s := range j.Stages {
		out[i] = s.ID
	}
	return out
}

// Stage is one step of a journey.
type Stage struct {
	ID   string
	Role surprisev1.StageRole
	// Weight is the moment of truth's business weight.
	Weight float64
	// Factor is Weight times the factor of the role.
	Factor float64
	Next   []Transition
	// Position is that among the stages of its journey.
	Position int
	// index counts the stages of all journeys.
	index int
}

// Transition leads to a stage with a probability.
type Transition struct {
	To          *Stage
	Probability float64
}

// Policies are the parsed policies with their defaults.
type Policies struct {
	Caps         []Cap
	Satisfaction Satisfaction
	MinGap       float64
	HalfLife     time.Duration
	CarryOver    float64
	CostWeight   float64
	PeakFactor   float64
	EndFactor    float64
	LikeWeight   float64
	PainWeight   float64
	MaxFit       float64
	WishWeight   float64
	Lease        time.Duration
	OfferExpiry  time.Duration
	Hold         time.Duration
	Calendar     calendar.Policy
	Quiet        []Quiet
	// HoldMargin is in delight points; ChoiceSize and Temperature are those of rank.Choose.
	HoldMargin  float64
	ChoiceSize  int
	Temperature float64
	// Withholding and Control are shares.
	Withholding, Control float64
	// Retention is how long the ledger keeps ended claims: long enough for every cooldown, cap and habit.
	Retention time.Duration
}

// Cap allows at most Max surprises in a window. PerVisit caps have no Window.
type Cap struct {
	Max      int
	PerVisit bool
	Window   surprise.Period
	Channel  surprisev1.Channel // unspecified: all
	Category string             // empty: all
	// Household caps count everybody of a household, and have a window.
	Household bool
}

// Satisfaction is the gate that sends customers to recovery. Closed is false when the catalogue has none.
type Satisfaction struct {
	On            bool
	Min           *float64
	MaxComplaints int32
	Rule          *rule.Rule
	CoolOff       surprise.Period
}

// Template is one surprise that can be given.
type Template struct {
	ID         string
	Kind       surprisev1.Kind
	Purpose    surprisev1.Purpose
	Category   string
	Rule       *rule.Rule // nil: everybody
	Occasion   *Occasion  // nil: any time
	Levels     []Level
	Cooldowns  Cooldowns
	Limits     []*Limit
	Visibility surprisev1.Visibility
	// From and Until bound its validity; zero: open.
	From, Until time.Time
	Hold        time.Duration
	// LeadTime is how long it takes to prepare.
	LeadTime surprise.Period
	// Contains, AppealsTo and Solves are those of Source, each in the form of Fold.
	Contains, AppealsTo, Solves []string
	Source                      *surprisev1.Template
	// Pickup, Trial and Cautions are nil where the template has none. HouseholdMax 0: any number. WaitKeep is how long one is kept for the next
	// in line; 0: there is no waiting list.
	Pickup       *Pickup
	Trial        *Trial
	PerOrder     bool
	HouseholdMax int64
	WaitKeep     time.Duration
	Cautions     []Caution
	Grants       []string
	// ByStage tells that a rule of a level asks for the stage, so that the level may be another at every stage.
	ByStage bool
	// Position is that among the templates of the catalogue.
	Position int

	// ruleAt is where the rule is written.
	ruleAt place

	stages   []bool // by stage index; nil: all
	channels uint64 // bits by channel; 0: all
}

// OnStage reports whether it may be given at a stage.
func (t *Template) OnStage(s *Stage) bool { return t.stages == nil || t.stages[s.index] }

// OnChannel reports whether it may be given on a channel.
func (t *Template) OnChannel(c surprisev1.Channel) bool {
	return t.channels == 0 || t.channels&(1<<uint(c)) != 0
}

// Level returns the level of this id, or nil; the empty id means the first.
func (t *Template) Level(id string) *Level {
	for i := range t.Levels {
		if id == "" || t.Levels[i].ID == id {
			return &t.Levels[i]
		}
	}
	return nil
}

// Level is how well a template is carried out.
type Level struct {
	ID        string
	Value     float64
	CostMinor int64
	Rule      *rule.Rule // nil: always
	texts     []Text     // by catalogue locale
	ruleAt    place
}

// Cooldowns are the parsed cooldowns of a template.
type Cooldowns struct {
	Template, Category, AfterRefusal surprise.Period
	// Household is since anybody of the household had a surprise of the category: the longest of the category's templates.
	Household time.Duration
}

// Occasion is a window around a personal day, in whole days.
type Occasion struct {
	Name   string
	Spec   calendar.Spec
	Window calendar.Window
}
