package ledger

import (
	"fmt"
	"strings"
	"time"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// A household cooldown spans customers, so it is a limit and not in a record. Time is divided into steps, and each step of a household and
// category is a limit of one. A surprise takes the step that it falls into and all that its cooldown reaches; two surprises within the
// cooldown would need the same step, and the store lets only one have it. The price of steps is that the cooldown can be up to one step longer
// than written, never shorter.

const (
	householdPrefix = "@household|"
	day             = 24 * time.Hour
	// maxSteps bounds how many limits one claim takes.
	maxSteps = 30
)

// Household names the household of a customer and what it waits for.
type Household struct {
	// Key is a keyed hash; empty: there is no household.
	Key      string
	Category string
	Cooldown time.Duration
}

// HouseholdKey returns the key of a household's id; empty for none.
func HouseholdKey(hash func(string) surprise.CustomerKey, id string) string {
	if id == "" {
		return ""
	}
	return hash("household\x00" + id).String()
}

// Steps returns the limits that a surprise at t takes, the step of t first.
func (h Household) Steps(t time.Time) []string {
	if h.Key == "" || h.Cooldown <= 0 {
		return nil
	}
	step := h.step()
	first := t.Unix() / int64(step.Seconds())
	n := int64((h.Cooldown + step - 1) / step)
	out := make([]string, 0, n+1)
	for i := first; i <= first+n; i++ {
		out = append(out, fmt.Sprintf("%s%s|%d|%d|%s", householdPrefix, h.Category, int64(step.Seconds()), i, h.Key))
	}
	return out
}

func (h Household) step() time.Duration {
	return max(day, (h.Cooldown+maxSteps-1)/maxSteps).Truncate(time.Second)
}

// StepStart returns when the i-th step after that of t begins.
func (h Household) StepStart(t time.Time, i int) time.Time {
	seconds := int64(h.step().Seconds())
	return time.Unix((t.Unix()/seconds+int64(i))*seconds, 0)
}

func (h Household) takes(t time.Time) []*storev1.LimitTake {
	var out []*storev1.LimitTake
	for _, s := range h.Steps(t) {
		out = append(out, &storev1.LimitTake{Limit: s, Amount: 1, Capacity: 1})
	}
	return out
}

// isHousehold tells the steps of households from stock and budgets.
func isHousehold(limit string) bool { return strings.HasPrefix(limit, householdPrefix) }
