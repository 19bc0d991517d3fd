package server

import (
	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// requests returns one of every request, whose validation rules are compiled at start rather than at the first call.
func requests() []proto.Message {
	return []proto.Message{
		&surprisev1.RecommendRequest{}, &surprisev1.RecommendStreamRequest{}, &surprisev1.ExplainRequest{},
		&surprisev1.ClaimRequest{}, &surprisev1.ConfirmRequest{}, &surprisev1.CancelRequest{}, &surprisev1.GetClaimRequest{},
		&surprisev1.ListClaimsRequest{}, &surprisev1.RecordDeliveryRequest{},
		&surprisev1.GetCatalogRequest{}, &surprisev1.CheckCatalogRequest{},
		&surprisev1.PostWishRequest{}, &surprisev1.ListWishesRequest{}, &surprisev1.ListWallRequest{}, &surprisev1.MatchWishRequest{},
		&surprisev1.GrantWishRequest{}, &surprisev1.WithdrawWishRequest{},
		&surprisev1.GetCardRequest{}, &surprisev1.ListCardsRequest{}, &surprisev1.LeaseCardRequest{}, &surprisev1.ReturnCardRequest{},
		&surprisev1.GetShelfCardRequest{},
		&surprisev1.ImportCodesRequest{}, &surprisev1.ImportSlotsRequest{}, &surprisev1.ListSlotsRequest{}, &surprisev1.GetStockRequest{},
		&surprisev1.JoinWaitlistRequest{}, &surprisev1.LeaveWaitlistRequest{}, &surprisev1.GetTicketRequest{}, &surprisev1.TakeTurnRequest{},
		&surprisev1.ExportCustomerRequest{}, &surprisev1.EraseCustomerRequest{}, &surprisev1.RecordOutcomeRequest{}, &surprisev1.GetGiversRequest{},
		&surprisev1.WatchRequest{},
	}
}
