package server

import (
	"context"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
)

type claimServer struct {
	surprisev1.UnimplementedClaimServiceServer
	ledger *ledger.Ledger
}

func (s *claimServer) Claim(ctx context.Context, req *surprisev1.ClaimRequest) (*surprisev1.ClaimResponse, error) {
	claim, replayed, err := s.ledger.Claim(ctx, req)
	if err != nil {
		return nil, err
	}
	return &surprisev1.ClaimResponse{Claim: claim, Replayed: replayed}, nil
}

func (s *claimServer) Confirm(ctx context.Context, req *surprisev1.ConfirmRequest) (*surprisev1.ConfirmResponse, error) {
	claim, replayed, err := s.ledger.Confirm(ctx, req)
	if err != nil {
		return nil, err
	}
	return &surprisev1.ConfirmResponse{Claim: claim, Replayed: replayed}, nil
}

func (s *claimServer) Cancel(ctx context.Context, req *surprisev1.CancelRequest) (*surprisev1.CancelResponse, error) {
	claim, replayed, err := s.ledger.Cancel(ctx, req)
	if err != nil {
		return nil, err
	}
	return &surprisev1.CancelResponse{Claim: claim, Replayed: replayed}, nil
}

func (s *claimServer) GetClaim(ctx context.Context, req *surprisev1.GetClaimRequest) (*surprisev1.GetClaimResponse, error) {
	claim, err := s.ledger.Get(ctx, req)
	if err != nil {
		return nil, err
	}
	return &surprisev1.GetClaimResponse{Claim: claim}, nil
}

func (s *claimServer) ListClaims(ctx context.Context, req *surprisev1.ListClaimsRequest) (*surprisev1.ListClaimsResponse, error) {
	claims, next, err := s.ledger.List(ctx, req)
	if err != nil {
		return nil, err
	}
	return &surprisev1.ListClaimsResponse{Claims: claims, NextPageToken: next}, nil
}

func (s *claimServer) RecordDelivery(ctx context.Context, req *surprisev1.RecordDeliveryRequest) (*surprisev1.RecordDeliveryResponse, error) {
	claim, replayed, err := s.ledger.RecordDelivery(ctx, req)
	if err != nil {
		return nil, err
	}
	return &surprisev1.RecordDeliveryResponse{Claim: claim, Replayed: replayed}, nil
}
