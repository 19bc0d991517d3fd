package server

import (
	"context"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/card"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

type cardServer struct {
	surprisev1.UnimplementedCardServiceServer
	ledger  *ledger.Ledger
	catalog func() *catalog.Catalog
	clock   func() time.Time
}

func (s *cardServer) GetCard(ctx context.Context, req *surprisev1.GetCardRequest) (*surprisev1.GetCardResponse, error) {
	claim, memories, wish, err := s.ledger.CardData(ctx, req.GetClaimId(), req.GetCustomer().GetId())
	if err != nil {
		return nil, err
	}
	cat, who := s.catalog(), req.GetCustomer()
	in := card.Input{Catalog: cat, Template: cat.Template(claim.GetTemplate()), Customer: who, Claim: claim, Memories: memories, Wish: wish,
		Locale: cat.MatchLocale(req.GetLocale(), who.GetLocale()), Now: s.clock()}
	if in.Template != nil {
		in.Level = in.Template.Level(claim.GetLevel())
	}
	if in.Location, err = zone(who); err != nil {
		return nil, err
	}
	out := &surprisev1.GetCardResponse{Card: card.Build(in), Claim: claim}
	out.Rendered, err = card.Render(out.GetCard(), req.GetFormat())
	return out, err
}

// zone is the customer's time zone; nil where it is not known.
func zone(who *surprisev1.CustomerProfile) (*time.Location, error) {
	name := who.GetTimeZone()
	if name == "" {
		return nil, nil //nolint:nilnil // the catalogue's is meant
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, surprise.FieldErrorf(surprise.UnknownTimeZone, "customer.time_zone", "there is no time zone %q; send an IANA name such as %q, or nothing", name, "Asia/Taipei")
	}
	return loc, nil
}

func (s *cardServer) ListCards(ctx context.Context, req *surprisev1.ListCardsRequest) (*surprisev1.ListCardsResponse, error) {
	claims, next, err := s.ledger.ListCards(ctx, req)
	if err != nil {
		return nil, err
	}
	return &surprisev1.ListCardsResponse{Claims: claims, NextPageToken: next}, nil
}

func (s *cardServer) LeaseCard(ctx context.Context, req *surprisev1.LeaseCardRequest) (*surprisev1.LeaseCardResponse, error) {
	claim, err := s.ledger.LeaseCard(ctx, req)
	if err != nil {
		return nil, err
	}
	return &surprisev1.LeaseCardResponse{Claim: claim}, nil
}

func (s *cardServer) ReturnCard(ctx context.Context, req *surprisev1.ReturnCardRequest) (*surprisev1.ReturnCardResponse, error) {
	claim, err := s.ledger.ReturnCard(ctx, req)
	if err != nil {
		return nil, err
	}
	return &surprisev1.ReturnCardResponse{Claim: claim}, nil
}

func (s *cardServer) GetShelfCard(_ context.Context, req *surprisev1.GetShelfCardRequest) (*surprisev1.GetShelfCardResponse, error) {
	cat := s.catalog()
	out, err := card.Shelf(cat, req.GetStore(), cat.MatchLocale(req.GetLocale(), ""))
	if err != nil {
		return nil, err
	}
	out.Rendered, err = card.RenderShelf(out, req.GetFormat())
	return out, err
}
