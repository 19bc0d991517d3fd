package server

import (
	"cmp"
	"context"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/wish"
)

type wishServer struct {
	surprisev1.UnimplementedWishServiceServer
	ledger  *ledger.Ledger
	matcher func() *wish.Matcher
	granter Granter
}

// Granter makes the offers that nobody has to ask for by a moment: for a wish, and for a turn in a waiting list.
type Granter interface {
	Grant(ctx context.Context, req *surprisev1.GrantWishRequest) (*surprisev1.Offer, error)
	TakeTurn(ctx context.Context, req *surprisev1.TakeTurnRequest) (*surprisev1.Offer, error)
}

func (s *wishServer) PostWish(ctx context.Context, req *surprisev1.PostWishRequest) (*surprisev1.PostWishResponse, error) {
	w, replayed, err := s.ledger.PostWish(ctx, req, s.matcher().Tags)
	if err != nil {
		return nil, err
	}
	return &surprisev1.PostWishResponse{Wish: w, Replayed: replayed}, nil
}

func (s *wishServer) ListWishes(ctx context.Context, req *surprisev1.ListWishesRequest) (*surprisev1.ListWishesResponse, error) {
	wishes, next, err := s.ledger.ListWishes(ctx, req)
	if err != nil {
		return nil, err
	}
	return &surprisev1.ListWishesResponse{Wishes: wishes, NextPageToken: next}, nil
}

func (s *wishServer) ListWall(ctx context.Context, req *surprisev1.ListWallRequest) (*surprisev1.ListWallResponse, error) {
	notes, next, err := s.ledger.ListWall(ctx, req)
	if err != nil {
		return nil, err
	}
	return &surprisev1.ListWallResponse{Notes: notes, NextPageToken: next}, nil
}

// defaultMatches is how many templates MatchWish returns where the caller does not say.
const defaultMatches = 10

func (s *wishServer) MatchWish(ctx context.Context, req *surprisev1.MatchWishRequest) (*surprisev1.MatchWishResponse, error) {
	text := req.GetText()
	if id := req.GetWishId(); id != "" {
		w, err := s.ledger.Wish(ctx, id)
		if err != nil {
			return nil, err
		}
		text = w.GetText()
	}
	n := int(cmp.Or(req.GetMaxMatches(), defaultMatches))
	return &surprisev1.MatchWishResponse{Matches: s.matcher().Match(text, n)}, nil
}

func (s *wishServer) GrantWish(ctx context.Context, req *surprisev1.GrantWishRequest) (*surprisev1.GrantWishResponse, error) {
	offer, err := s.granter.Grant(ctx, req)
	if err != nil {
		return nil, err
	}
	return &surprisev1.GrantWishResponse{Offer: offer}, nil
}

func (s *wishServer) WithdrawWish(ctx context.Context, req *surprisev1.WithdrawWishRequest) (*surprisev1.WithdrawWishResponse, error) {
	w, replayed, err := s.ledger.WithdrawWish(ctx, req)
	if err != nil {
		return nil, err
	}
	return &surprisev1.WithdrawWishResponse{Wish: w, Replayed: replayed}, nil
}
