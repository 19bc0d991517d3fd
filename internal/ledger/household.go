package ledger

import (
	"fmt"
	"strings"
	"time"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/surprise"
)

// What spans customers is a limit and not in a record: a household's cooldowns, its caps, and how many of one template it may have.
//
// For cooldowns and caps, time is divided into steps, and each step of a household is a limit: of one for a cooldown, of the cap's number for a
// cap. A surprise takes the step that it falls into and all that its window reaches; one surprise too many within the window would need a step
// that is full. The price of steps is that a window can be up to one step longer than written, never shorter.

const (
	householdPrefix = "@household|"
	householdCap    = householdPrefix + "cap|"
	householdMax    = "max"
	// capParts is how many parts the name of a cap's step has; those of others have fewer.
	capParts = 6
	day      = 24 * time.Hour
	// maxSteps bounds how many limits one claim takes.
	maxSteps = 30
)

// Household names the household of a customer and what it waits for.
type Household struct {
	// Key is a keyed hash; empty: there is no household.
	Key      string
	Category string
	// Cooldown is the window.
	Cooldown time.Duration
	// Cap tells a cap from a cooldown: of Capacity surprises of the category (empty: all) and channel (unspecified: all).
	Cap      bool
	Capacity int64
	Channel  surprisev1.Channel
}

// HouseholdKey returns the key of a household's id; empty for none.
func HouseholdKey(hash func(string) surprise.CustomerKey, id string) string {
	if id == "" {
		return ""
	}
	return hash("household\x00" + id).String()
}

// HouseholdCaps returns the caps that a household's surprise of a purpose, channel and category counts for.
func HouseholdCaps(caps []catalog.Cap, key string, purpose surprisev1.Purpose, channel surprisev1.Channel, category string) []Household {
	if key == "" || purpose == surprisev1.Purpose_RECOVERY {
		return nil
	}
	var out []Household
	for _, c := range caps {
		if c.Household && !c.PerVisit && capOf(c, channel, category) {
			out = addCap(out, Household{Key: key, Category: c.Category, Cooldown: c.Window.AtMost(), Cap: true, Capacity: int64(c.Max), Channel: c.Channel})
		}
	}
	return out
}

// addCap adds a cap. Of two with the same window, which would be the same limits, the stricter one counts.
func addCap(caps []Household, more Household) []Household {
	for i, c := range caps {
		if c.prefix() == more.prefix() {
			caps[i].Capacity = min(c.Capacity, more.Capacity)
			return caps
		}
	}
	return append(caps, more)
}

// HouseholdMaxLimit names the limit of how many of a template one household has; its capacity is Template.HouseholdMax.
func HouseholdMaxLimit(template, key string) string {
	return householdPrefix + template + "|" + householdMax + "|" + key
}

// Steps returns the limits that a surprise at t takes, the step of t first. The capacity of each is Room.
func (h Household) Steps(t time.Time) []string {
	if h.Key == "" || h.Cooldown <= 0 {
		return nil
	}
	step := h.step()
	first := t.Unix() / int64(step.Seconds())
	n := int64((h.Cooldown + step - 1) / step)
	out := make([]string, 0, n+1)
	for i := first; i <= first+n; i++ {
		out = append(out, fmt.Sprintf("%s|%d|%s", h.prefix(), i, h.Key))
	}
	return out
}

// Room is how many surprises fit into one step.
func (h Household) Room() int64 {
	if h.Cap {
		return h.Capacity
	}
	return 1
}

// prefix tells apart what is counted apart: caps of other windows too, since they take other numbers of steps.
func (h Household) prefix() string {
	if !h.Cap {
		return fmt.Sprintf("%s%s|%d", householdPrefix, h.Category, int64(h.step().Seconds()))
	}
	category := h.Category
	if category == "" {
		category = "*"
	}
	return fmt.Sprintf("%s%s|%d|%d", householdCap, category, h.Channel, int64(h.Cooldown.Seconds()))
}

// step divides the window into equal steps of at most a day, or into maxSteps, so that what is blocked is one step longer and no more.
func (h Household) step() time.Duration {
	n := min((h.Cooldown+day-1)/day, maxSteps)
	return ((h.Cooldown+n-1)/n + time.Second - 1).Truncate(time.Second)
}

// StepStart returns when the i-th step after that of t begins.
func (h Household) StepStart(t time.Time, i int) time.Time {
	seconds := int64(h.step().Seconds())
	return time.Unix((t.Unix()/seconds+int64(i))*seconds, 0)
}

func (h Household) takes(t time.Time) []*storev1.LimitTake {
	var out []*storev1.LimitTake
	for _, s := range h.Steps(t) {
		out = append(out, &storev1.LimitTake{Limit: s, Amount: 1, Capacity: h.Room()})
	}
	return out
}

// householdTakes is all that a surprise takes of its household. T may be nil: a clerk's own idea.
func householdTakes(cat *catalog.Catalog, t *catalog.Template, e *storev1.Entry, key string, at time.Time) []*storev1.LimitTake {
	out := Household{Key: key, Category: e.GetCategory(), Cooldown: cat.HouseholdCooldown(e.GetCategory())}.takes(at)
	if t != nil && key != "" && t.HouseholdMax > 0 {
		out = append(out, &storev1.LimitTake{Limit: HouseholdMaxLimit(t.ID, key), Amount: 1, Capacity: t.HouseholdMax})
	}
	for _, h := range HouseholdCaps(cat.Policies.Caps, key, e.GetPurpose(), e.GetChannel(), e.GetCategory()) {
		out = append(out, h.takes(at)...)
	}
	return out
}

// isHousehold tells what households may have from stock and budgets.
func isHousehold(limit string) bool { return strings.HasPrefix(limit, householdPrefix) }

// householdFull says which of a household's limits, of a capacity, has nothing left.
func householdFull(limit string, capacity int64) *surprise.Error {
	parts := strings.Split(strings.TrimPrefix(limit, householdPrefix), "|")
	switch {
	case len(parts) == capParts:
		return surprise.Errorf(surprise.CapReached, "the household had %d of at most %d surprises; it counts together", capacity, capacity)
	case len(parts) == 3 && parts[1] == householdMax:
		return surprise.Errorf(surprise.CapReached, "the household has %d of at most %d of %s; offer another surprise", capacity, capacity, parts[0])
	default:
		return surprise.Errorf(surprise.Cooldown, "somebody of the customer's household had a surprise of this category; offer another one")
	}
}
