package recommend_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/surprise-service/surprised/internal/catalog"
)

// shopHead is all of a generated shop but its templates: a visit with a loop and two ways through it, caps that make planning worth while, and limits.
const shopHead = `name: A generated shop
default_locale: en
currency: TWD
time_zone: Asia/Taipei
journeys:
  - id: visit
    stages:
      - {id: arrive, next: [{stage: browse, probability: 0.9}]}
      - {id: browse, weight: 1.2, next: [{stage: taste, probability: 0.5}, {stage: basket, probability: 0.3}]}
      - {id: taste, role: PEAK, next: [{stage: basket, probability: 0.6}, {stage: browse, probability: 0.2}]}
      - {id: basket, weight: 0.8, next: [{stage: checkout, probability: 0.9}]}
      - {id: checkout, next: [{stage: leave, probability: 1}]}
      - {id: leave, role: END, next: [{stage: after, probability: 0.7}]}
      - {id: after, weight: 0.9}
segments:
  regular: customer.visits.last_365d >= 12
market:
  - {kind: CAKE, usual: 0.25}
  - {kind: NOTE, usual: 0.6}
  - {kind: GIFT, usual: 0.3, region: tw-tpe}
limits:
  - {id: cakes, unit: UNITS, capacity: 50, period: DAY, per_store: true}
  - {id: money, unit: MONEY, capacity: 100000000, period: MONTH}
  - {id: cups, unit: UNITS, capacity: 20}
occasions:
  holiday: {date: "03-05"}
  tenth: {visit: 10}
policies:
  min_gap: 1
  cost_weight: 0.0002
  caps: [{max: 2, window: visit}, {max: 40, window: 365d}]
  satisfaction: {min_satisfaction: 0.3, rule: '"angry" in customer.tags', cool_off: 14d}
  quiet: [{from: "23:00", to: "07:00"}]
  withholding_share: 0.05
templates:
`

// drawer writes templates at random; the same seed writes the same ones.
type drawer struct{ *rand.Rand }

func (d drawer) one(of ...string) string { return of[d.IntN(len(of))] }

func (d drawer) chance(p float64) bool { return d.Float64() < p }

// some returns a YAML list of up to n of the words.
func (d drawer) some(n int, of ...string) string {
	d.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
	chosen := slices.Clone(of[:d.IntN(n+1)])
	return "[" + strings.Join(chosen, ", ") + "]"
}

func (d drawer) clause() string {
	switch d.IntN(8) {
	case 0:
		return fmt.Sprintf(`customer.tier in ["%s", "%s"]`, d.one("gold", "silver", ""), d.one("platinum", "bronze", "silver"))
	case 1:
		return fmt.Sprintf("customer.visits.total >= %d", d.IntN(50))
	case 2:
		return fmt.Sprintf("customer.lifetime_value_minor < %d", d.IntN(2_000_000))
	case 3:
		return fmt.Sprintf(`%q in customer.likes`, d.one("tea", "cake", "music", "books"))
	case 4:
		return fmt.Sprintf(`moment.store != "s%d"`, d.IntN(20))
	case 5:
		return `segment("regular")`
	case 6:
		return fmt.Sprintf("moment.party.size >= %d", d.IntN(4))
	default:
		return fmt.Sprintf(`(%q in customer.tags || customer.visits.last_365d > %d)`, d.one("vip", "new", "wish"), d.IntN(30))
	}
}

// rule is a conjunction; some ask for the stage.
func (d drawer) rule(clauses int) string {
	var parts []string
	for range clauses {
		parts = append(parts, d.clause())
	}
	if d.chance(0.1) {
		parts = append(parts, fmt.Sprintf("moment.stage != %q", d.one("arrive", "taste", "leave")))
	}
	return strings.Join(parts, " && ")
}

func (d drawer) template(i, clauses int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  - id: t%04d\n    kind: %s\n", i, d.one("CAKE", "NOTE", "GIFT", "SERVICE", "UPGRADE"))
	fmt.Fprintf(&b, "    category: %s\n", d.one("sweet", "drink", "word", "present", "music", "seat", "walk", "help"))
	fmt.Fprintf(&b, "    rule: %s\n", "'"+d.rule(d.IntN(clauses+1)+clauses/2)+"'")
	if d.chance(0.5) {
		fmt.Fprintf(&b, "    stages: %s\n", d.some(3, "arrive", "browse", "taste", "basket", "checkout", "leave", "after"))
	}
	if d.chance(0.3) {
		fmt.Fprintf(&b, "    channels: %s\n", d.some(2, "POS", "APP", "CRM"))
	}
	if d.chance(0.1) {
		fmt.Fprintf(&b, "    occasion: {name: %s}\n", d.one("birthday, before: 3d, after: 30d", "holiday, before: 9d", "tenth"))
	}
	if d.chance(0.05) {
		fmt.Fprint(&b, "    purpose: RECOVERY\n")
	}
	fmt.Fprintf(&b, "    contains: %s\n    appeals_to: %s\n    solves: %s\n", d.some(2, "milk", "nuts", "sugar"), d.some(2, "tea", "cake", "music"), d.some(1, "thirst", "waiting"))
	fmt.Fprintf(&b, "    limits: %s\n", d.some(2, "cakes", "money", "cups"))
	fmt.Fprintf(&b, "    cooldowns: {template: %dd, category: %s, after_refusal: P1Y}\n", 1+d.IntN(90), d.one("2d", "P1M", "30d"))
	d.levels(&b)
	fmt.Fprintf(&b, "    texts: {en: {title: Surprise %d, message: \"For you, {name|dear guest}.\", card: {role: host, steps: [Fetch it, Hand it over], say: \"Here, {name|friend}\", avoid: [Rush]}}}\n", i)
	return b.String()
}

func (d drawer) levels(b *strings.Builder) {
	value, cost := 1+60*d.Float64()*d.Float64(), d.IntN(20_000)
	if d.chance(0.3) {
		value = float64(int(value/20)+1) * 10 // equal scores
	}
	fmt.Fprintf(b, "    levels:\n      - {id: plain, value: %.3f, cost_minor: %d}\n", value, cost)
	if d.chance(0.4) {
		fmt.Fprintf(b, "      - {id: better, value: %.3f, cost_minor: %d, rule: '%s'}\n", value*(1+d.Float64()), cost+d.IntN(20_000), d.rule(1))
	}
}

// generated loads a shop of n templates, whose rules have about so many clauses.
func generated(t testing.TB, seed uint64, n, clauses int) *catalog.Catalog {
	t.Helper()
	d := drawer{rand.New(rand.NewPCG(seed, uint64(n)))} //nolint:gosec // test data
	var b strings.Builder
	b.WriteString(shopHead)
	for i := range n {
		b.WriteString(d.template(i, clauses))
	}
	return load(t, b.String())
}
