package server

import (
	"context"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
)

type inventoryServer struct {
	surprisev1.UnimplementedInventoryServiceServer
	ledger  *ledger.Ledger
	granter Granter
}

func (s *inventoryServer) ImportCodes(ctx context.Context, req *surprisev1.ImportCodesRequest) (*surprisev1.ImportCodesResponse, error) {
	return s.ledger.ImportCodes(ctx, req)
}

func (s *inventoryServer) ImportSlots(ctx context.Context, req *surprisev1.ImportSlotsRequest) (*surprisev1.ImportSlotsResponse, error) {
	return s.ledger.ImportSlots(ctx, req)
}

func (s *inventoryServer) ListSlots(ctx context.Context, req *surprisev1.ListSlotsRequest) (*surprisev1.ListSlotsResponse, error) {
	slots, next, err := s.ledger.ListSlots(ctx, req)
	if err != nil {
		return nil, err
	}
	return &surprisev1.ListSlotsResponse{Slots: slots, NextPageToken: next}, nil
}

func (s *inventoryServer) GetStock(ctx context.Context, req *surprisev1.GetStockRequest) (*surprisev1.GetStockResponse, error) {
	stock, err := s.ledger.Stock(ctx, req.GetLimit(), req.GetStore())
	if err != nil {
		return nil, err
	}
	return &surprisev1.GetStockResponse{Stock: stock}, nil
}

func (s *inventoryServer) JoinWaitlist(ctx context.Context, req *surprisev1.JoinWaitlistRequest) (*surprisev1.JoinWaitlistResponse, error) {
	ticket, replayed, err := s.ledger.JoinWaitlist(ctx, req)
	if err != nil {
		return nil, err
	}
	return &surprisev1.JoinWaitlistResponse{Ticket: ticket, Replayed: replayed}, nil
}

func (s *inventoryServer) LeaveWaitlist(ctx context.Context, req *surprisev1.LeaveWaitlistRequest) (*surprisev1.LeaveWaitlistResponse, error) {
	ticket, err := s.ledger.LeaveWaitlist(ctx, req)
	if err != nil {
		return nil, err
	}
	return &surprisev1.LeaveWaitlistResponse{Ticket: ticket}, nil
}

func (s *inventoryServer) GetTicket(ctx context.Context, req *surprisev1.GetTicketRequest) (*surprisev1.GetTicketResponse, error) {
	ticket, err := s.ledger.Ticket(ctx, req.GetTicketId())
	if err != nil {
		return nil, err
	}
	return &surprisev1.GetTicketResponse{Ticket: ticket}, nil
}

func (s *inventoryServer) TakeTurn(ctx context.Context, req *surprisev1.TakeTurnRequest) (*surprisev1.TakeTurnResponse, error) {
	offer, err := s.granter.TakeTurn(ctx, req)
	if err != nil {
		return nil, err
	}
	return &surprisev1.TakeTurnResponse{Offer: offer}, nil
}
