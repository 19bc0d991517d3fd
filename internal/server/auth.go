package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"google.golang.org/grpc/metadata"

	"github.com/surprise-service/surprised/internal/surprise"
)

// Permission is what a caller may do.
type Permission string

// The permissions that a key can have.
const (
	MayRecommend Permission = "recommend"
	// MayClaim is for tills and apps: claims, what can be booked, and the waiting list.
	MayClaim Permission = "claim"
	// MayWish is for whoever posts wishes and shows the wall.
	MayWish Permission = "wish"
	// MayStaff is for those who carry surprises out: cards, and wishes with their ids.
	MayStaff Permission = "staff"
	// MayStock is for those who import codes and slots.
	MayStock Permission = "stock"
	// MayOutcome is for systems that tell what customers did afterwards.
	MayOutcome Permission = "outcome"
	// MayCustomer is for those who answer customers: all that is kept of one, and its deletion.
	MayCustomer Permission = "customer"
	// MayReport is for those who are responsible for what was given.
	MayReport Permission = "report"
	// MayEvents lets a caller read the log of events.
	MayEvents  Permission = "events"
	MayCatalog Permission = "catalog"
	// MaySetTime lets a caller decide as if it were another time.
	MaySetTime Permission = "time"
	// open methods need no key.
	open Permission = ""
)

// AllPermissions returns every permission in order.
func AllPermissions() []Permission {
	return []Permission{MayRecommend, MayClaim, MayWish, MayStaff, MayStock, MayOutcome, MayCustomer, MayReport, MayEvents, MayCatalog, MaySetTime}
}

// Caller is who calls.
type Caller struct {
	Name string
	may  map[Permission]bool
}

// NewCaller returns a caller with permissions.
func NewCaller(name string, may ...Permission) *Caller {
	c := &Caller{Name: name, may: map[Permission]bool{}}
	for _, p := range may {
		c.may[p] = true
	}
	return c
}

// May reports whether the caller has a permission.
func (c *Caller) May(p Permission) bool { return p == open || c != nil && c.may[p] }

// Keys knows callers by the SHA-256 of their API keys. The zero value knows nobody.
type Keys map[[sha256.Size]byte]*Caller

// KeyPrefix starts every API key, so that a leaked one is recognised.
const KeyPrefix = "sk_surprised_"

// KeyLine returns the line of a keys file for a key.
func KeyLine(name, key string, may []Permission) string {
	sum := sha256.Sum256([]byte(key))
	words := make([]string, len(may))
	for i, p := range may {
		words[i] = string(p)
	}
	return fmt.Sprintf("%s %s %s", name, hex.EncodeToString(sum[:]), strings.Join(words, ","))
}

// ParseKeys reads a keys file: on each line a name, the SHA-256 of the key in hex, and permissions joined by commas. Empty lines and
// those that start with # are skipped.
func ParseKeys(text string) (Keys, error) {
	keys := Keys{}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		sum, caller, err := parseKey(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		keys[sum] = caller
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("there is no key in it; make one with: surprised key NAME")
	}
	return keys, nil
}

func parseKey(line string) (sum [sha256.Size]byte, c *Caller, err error) {
	fields := strings.Fields(line)
	if len(fields) != 3 {
		return sum, nil, fmt.Errorf("want NAME SHA256 PERMISSIONS, got %d words; make a line with: surprised key NAME", len(fields))
	}
	raw, err := hex.DecodeString(fields[1])
	if err != nil || len(raw) != len(sum) {
		return sum, nil, fmt.Errorf("the key of %s is not a SHA-256 in hex", fields[0])
	}
	var may []Permission
	for _, w := range strings.Split(fields[2], ",") {
		if !isPermission(w) {
			return sum, nil, fmt.Errorf("%s: there is no permission %q; there are %v", fields[0], w, AllPermissions())
		}
		may = append(may, Permission(w))
	}
	return [sha256.Size]byte(raw), NewCaller(fields[0], may...), nil
}

func isPermission(w string) bool {
	for _, p := range AllPermissions() {
		if string(p) == w {
			return true
		}
	}
	return false
}

type callerKey struct{}

// caller returns who makes this call, or nil.
func (g *guard) caller(ctx context.Context) *Caller {
	if g.keys == nil {
		return g.local
	}
	c, _ := ctx.Value(callerKey{}).(*Caller)
	return c
}

// authorize finds out who calls and whether they may. Without keys everybody is the local caller, who may do everything, and the context need
// not say so.
func (g *guard) authorize(ctx context.Context, fullMethod string) (context.Context, error) {
	m := g.methods[fullMethod]
	if m == nil {
		return ctx, surprise.Errorf(surprise.PermissionDenied, "this method is not offered")
	}
	if g.keys == nil {
		return ctx, nil
	}
	// The sum is what is looked up, so how long that takes says nothing of the keys. It costs less than a cache of keys in clear would risk.
	caller := g.keys[sha256.Sum256([]byte(bearer(ctx)))]
	switch {
	case caller.May(m.needs):
		return context.WithValue(ctx, callerKey{}, caller), nil
	case caller == nil:
		return ctx, surprise.Errorf(surprise.Unauthenticated, "send a valid key as the header: authorization: Bearer KEY")
	default:
		return ctx, surprise.Errorf(surprise.PermissionDenied, "the key of %s lacks the permission %s", caller.Name, m.needs)
	}
}

func bearer(ctx context.Context) string {
	for _, v := range metadata.ValueFromIncomingContext(ctx, "authorization") {
		if scheme, key, ok := strings.Cut(v, " "); ok && strings.EqualFold(scheme, "bearer") {
			return strings.TrimSpace(key)
		}
	}
	return ""
}
