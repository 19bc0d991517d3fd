package catalog

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/calendar"
	"github.com/surprise-service/surprised/internal/rule"
	"github.com/surprise-service/surprised/internal/surprise"
)

// compiler turns parsed files into a Catalog. It never stops at a problem: what is broken is noted and left out.
type compiler struct {
	src      *surprisev1.Catalog
	problems Problems
	places   places
	cat      *Catalog
	rules    *rule.Set
	speller  *surprise.Speller
	tags     tags
	// retention is how long what was read so far needs the ledger to remember.
	retention time.Duration
	// These names are for hints, and are sorted when first asked for.
	occasionNames, stageNames, limitIDs func() []string
}

// places remembers where the parts of the merged catalogue come from.
type places struct {
	top       map[string]place
	journeys  []place
	market    []place
	limits    []place
	templates []place
	stores    []place
	segments  map[string]place
	occasions map[string]place
	policies  place
	first     place
}

func newCompiler(s *surprise.Speller) *compiler {
	c := &compiler{
		speller: s,
		tags:    tags{},
		src:     &surprisev1.Catalog{Attributes: &surprisev1.Attributes{}, Policies: &surprisev1.Policies{}, Segments: map[string]string{}, Occasions: map[string]*surprisev1.OccasionRule{}},
		places:  places{top: map[string]place{}, segments: map[string]place{}, occasions: map[string]place{}},
		cat:     &Catalog{byID: map[string]*Template{}, journeys: map[string]*Journey{}, limits: map[string]*Limit{}, occasions: map[string]calendar.Spec{}, stores: map[string]*Store{}},
	}
	c.occasionNames, c.stageNames, c.limitIDs = sync.OnceValue(c.findOccasionNames), sync.OnceValue(c.findStageNames), sync.OnceValue(c.findLimitIDs)
	return c
}

func (c *compiler) add(p Problem) { c.problems = append(c.problems, p) }

func (c *compiler) errorf(at place, format string, args ...any) { c.add(at.problem(format, args...)) }

func (c *compiler) hintf(at place, hint, format string, args ...any) {
	p := at.problem(format, args...)
	p.Hint = hint
	c.add(p)
}

// warnf notes what is allowed but surely not meant.
func (c *compiler) warnf(at place, hint, format string, args ...any) {
	p := at.problem(format, args...)
	p.Hint, p.Warning = hint, true
	c.add(p)
}

// compile leaves off where the context is done.
func (c *compiler) compile(ctx context.Context) *Catalog {
	revised := make(chan string, 1)
	go func() { revised <- revision(c.src) }()
	c.head()
	c.compileOccasions()
	c.compileRules(ctx)
	c.compilePolicies()
	c.compileJourneys()
	c.compileMarket()
	c.compileLimits()
	c.compileServices()
	c.compileTemplates(ctx)
	c.checkSincerity(ctx)
	c.cat.Policies.Retention = max(c.cat.Policies.Retention, c.retention)
	c.cat.Source = c.src
	c.cat.Rules = c.rules
	c.cat.segmentPlaces = make(map[string]place, len(c.places.segments))
	for name, at := range c.places.segments {
		c.cat.segmentPlaces[name] = at.alone()
	}
	c.cat.Revision = <-revised
	return c.cat
}

// revision is a hash of the content; the order of files and keys does not change it.
func revision(src *surprisev1.Catalog) string {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(src)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:6])
}

// period reads a length of time; a broken one is noted.
func (c *compiler) period(at place, text string) surprise.Period {
	p, err := surprise.ParsePeriod(text)
	if err != nil {
		c.errorf(at, "%s", err)
	}
	return p
}

// rule compiles a rule; nil where there is none or it is broken.
func (c *compiler) rule(at place, source string) *rule.Rule {
	if source == "" || c.rules == nil {
		return nil
	}
	r, problems := c.rules.Compile(source)
	for _, p := range problems {
		c.add(at.ruleProblem(p))
	}
	return r
}

// merge joins the files: lists are appended, maps united, and what can be there only once must be.
func (c *compiler) merge(files []*file) {
	for _, f := range files {
		root := place{file: f, node: f.root}
		if c.places.first.file == nil {
			c.places.first = root
		}
		c.mergeHead(f, root)
		c.mergeServices(f, root)
		c.mergeMaps(f, root)
		c.src.Journeys = appendPlaced(c.src.Journeys, f.msg.GetJourneys(), &c.places.journeys, root.in("journeys"))
		c.src.Market = appendPlaced(c.src.Market, f.msg.GetMarket(), &c.places.market, root.in("market"))
		c.src.Limits = appendPlaced(c.src.Limits, f.msg.GetLimits(), &c.places.limits, root.in("limits"))
		c.src.Stores = appendPlaced(c.src.Stores, f.msg.GetStores(), &c.places.stores, root.in("stores"))
		c.src.Templates = appendPlaced(c.src.Templates, f.msg.GetTemplates(), &c.places.templates, root.in("templates"))
	}
	c.sortTemplates()
}

func appendPlaced[T any](to, more []T, at *[]place, list place) []T {
	for i := range more {
		*at = append(*at, list.in(i))
	}
	return append(to, more...)
}

// sortTemplates orders templates by id, so that neither files nor their order matter to the result.
func (c *compiler) sortTemplates() {
	type placed struct {
		t *surprisev1.Template
		p place
	}
	all := make([]placed, len(c.src.GetTemplates()))
	for i, t := range c.src.GetTemplates() {
		all[i] = placed{t, c.places.templates[i]}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.t.GetId(), b.t.GetId()) })
	for i, x := range all {
		c.src.Templates[i], c.places.templates[i] = x.t, x.p
	}
}

func (c *compiler) mergeHead(f *file, root place) {
	for _, s := range []struct {
		key      string
		from, to *string
	}{
		{"name", &f.msg.Name, &c.src.Name}, {"default_locale", &f.msg.DefaultLocale, &c.src.DefaultLocale},
		{"currency", &f.msg.Currency, &c.src.Currency}, {"time_zone", &f.msg.TimeZone, &c.src.TimeZone},
	} {
		if *s.from != "" && c.once(s.key, root.in(s.key)) {
			*s.to = *s.from
		}
	}
	if f.msg.GetPolicies() != nil && c.once("policies", root.in("policies")) {
		c.src.Policies, c.places.policies = f.msg.GetPolicies(), root.in("policies")
	}
}

// once notes a key that may be in one file only.
func (c *compiler) once(key string, at place) bool {
	if before, dup := c.places.top[key]; dup {
		c.errorf(at, "%s is set in %s already", key, before.file.name)
		return false
	}
	c.places.top[key] = at
	return true
}

func (c *compiler) mergeMaps(f *file, root place) {
	for name, source := range f.msg.GetSegments() {
		if c.once("segment "+name, root.in("segments", name)) {
			c.src.Segments[name], c.places.segments[name] = source, root.in("segments", name)
		}
	}
	for name, o := range f.msg.GetOccasions() {
		if c.once("occasion "+name, root.in("occasions", name)) {
			c.src.Occasions[name], c.places.occasions[name] = o, root.in("occasions", name)
		}
	}
	declare := func(owner string, from map[string]surprisev1.AttributeType, to *map[string]surprisev1.AttributeType) {
		for name, t := range from {
			if c.once("attribute "+owner+"."+name, root.in("attributes", owner, name)) {
				if *to == nil {
					*to = map[string]surprisev1.AttributeType{}
				}
				(*to)[name] = t
			}
		}
	}
	declare("customer", f.msg.GetAttributes().GetCustomer(), &c.src.Attributes.Customer)
	declare("moment", f.msg.GetAttributes().GetMoment(), &c.src.Attributes.Moment)
}
