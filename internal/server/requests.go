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
	}
}
