package simulate

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
)

// The policies by their names in reports.
const (
	// Own is the catalogue as it is.
	Own = "own"
	// HighestValue offers, at every stage, the option of the highest value, whatever it costs and whatever comes later.
	HighestValue = "highest_value"
	// EveryStage offers, at every stage, what scores best there.
	EveryStage = "every_stage"
)

// policy decides what of all that may be given is given. Who may be given what is for the catalogue's gates, caps, cooldowns and limits to
// say: they are the same for all policies.
type policy struct {
	name string
	// greedy takes hold-back, withholding, the control group and the noise of the choice away.
	greedy    bool
	maxOffers int32
	pick      func([]*surprisev1.Offer) *surprisev1.Offer
}

func policies() []policy {
	return []policy{
		ownPolicy(),
		{name: HighestValue, greedy: true, maxOffers: 10, pick: mostValuable},
		{name: EveryStage, greedy: true, maxOffers: 1, pick: first},
	}
}

func ownPolicy() policy { return policy{name: Own, maxOffers: 1, pick: first} }

func first(offers []*surprisev1.Offer) *surprisev1.Offer { return offers[0] }

// mostValuable keeps the order of the scores among equal values.
func mostValuable(offers []*surprisev1.Offer) *surprisev1.Offer {
	best := offers[0]
	for _, o := range offers[1:] {
		if o.GetScore().GetValue() > best.GetScore().GetValue() {
			best = o
		}
	}
	return best
}

// catalog returns the catalogue that the policy works with. MinGap, if not nil, is the least gap of a baseline's surprises.
func (p policy) catalog(cat *catalog.Catalog, minGap *float64) (*catalog.Catalog, error) {
	if !p.greedy {
		return cat, nil
	}
	src := proto.CloneOf(cat.Source)
	if src.Policies == nil {
		src.Policies = &surprisev1.Policies{}
	}
	src.Policies.HoldMargin, src.Policies.Temperature = proto.Float64(1e6), proto.Float64(0)
	src.Policies.WithholdingShare, src.Policies.ControlShare, src.Policies.ChoiceSize = 0, 0, 10
	if minGap != nil {
		src.Policies.MinGap = *minGap
	}
	return compile(src)
}

// compile makes a catalogue of its message, by the way that every catalogue comes: as files (JSON is YAML), the templates apart, since
// files have a largest size.
func compile(src *surprisev1.Catalog) (*catalog.Catalog, error) {
	parts := []*surprisev1.Catalog{proto.CloneOf(src)}
	parts[0].Templates = nil
	for _, t := range src.GetTemplates() {
		parts = append(parts, &surprisev1.Catalog{Templates: []*surprisev1.Template{t}})
	}
	files := make([]catalog.File, len(parts))
	for i, part := range parts {
		text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(part)
		if err != nil {
			return nil, fmt.Errorf("simulate: write the catalogue: %w", err)
		}
		files[i] = catalog.File{Name: fmt.Sprintf("%05d.yaml", i), Data: text}
	}
	cat, problems := catalog.Load(files)
	if cat == nil {
		return nil, fmt.Errorf("simulate: the catalogue cannot be changed for a baseline: %w", problems)
	}
	return cat, nil
}
