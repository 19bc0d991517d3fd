package server

import (
	"context"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
)

type customerServer struct {
	surprisev1.UnimplementedCustomerServiceServer
	ledger *ledger.Ledger
}

func (s *customerServer) ExportCustomer(ctx context.Context, req *surprisev1.ExportCustomerRequest) (*surprisev1.ExportCustomerResponse, error) {
	return s.ledger.Export(ctx, req.GetCustomerId())
}

func (s *customerServer) EraseCustomer(ctx context.Context, req *surprisev1.EraseCustomerRequest) (*surprisev1.EraseCustomerResponse, error) {
	return s.ledger.Erase(ctx, req.GetCustomerId())
}

type outcomeServer struct {
	surprisev1.UnimplementedOutcomeServiceServer
	ledger *ledger.Ledger
}

func (s *outcomeServer) RecordOutcome(ctx context.Context, req *surprisev1.RecordOutcomeRequest) (*surprisev1.RecordOutcomeResponse, error) {
	replayed, claim, err := s.ledger.RecordOutcome(ctx, req)
	if err != nil {
		return nil, err
	}
	return &surprisev1.RecordOutcomeResponse{Replayed: replayed, Claim: claim}, nil
}

type reportServer struct {
	surprisev1.UnimplementedReportServiceServer
	ledger *ledger.Ledger
}

func (s *reportServer) GetGivers(ctx context.Context, req *surprisev1.GetGiversRequest) (*surprisev1.GetGiversResponse, error) {
	return s.ledger.Givers(ctx, req)
}
