package server

import surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"

// needs returns what each method asks of its caller. Methods that are not listed are refused to everybody.
func needs() map[string]Permission {
	out := map[string]Permission{}
	for may, methods := range map[Permission][]string{
		open:         {"/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch", "/grpc.health.v1.Health/List"},
		MayRecommend: recommendMethods(),
		MayClaim:     claimMethods(),
		MayWish: {surprisev1.WishService_PostWish_FullMethodName, surprisev1.WishService_WithdrawWish_FullMethodName,
			surprisev1.WishService_ListWall_FullMethodName},
		MayStaff: staffMethods(),
		MayStock: {surprisev1.InventoryService_ImportCodes_FullMethodName, surprisev1.InventoryService_ImportSlots_FullMethodName,
			surprisev1.InventoryService_GetStock_FullMethodName},
		MayOutcome:  {surprisev1.OutcomeService_RecordOutcome_FullMethodName},
		MayCustomer: {surprisev1.CustomerService_ExportCustomer_FullMethodName, surprisev1.CustomerService_EraseCustomer_FullMethodName},
		MayReport:   {surprisev1.ReportService_GetGivers_FullMethodName},
		MayEvents:   {surprisev1.EventService_Watch_FullMethodName},
		MayCatalog: {surprisev1.CatalogService_GetCatalog_FullMethodName, surprisev1.CatalogService_CheckCatalog_FullMethodName,
			"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"},
	} {
		for _, m := range methods {
			out[m] = may
		}
	}
	return out
}

func recommendMethods() []string {
	return []string{
		surprisev1.RecommendationService_Recommend_FullMethodName, surprisev1.RecommendationService_RecommendStream_FullMethodName,
		surprisev1.RecommendationService_Explain_FullMethodName,
	}
}

func claimMethods() []string {
	return []string{
		surprisev1.ClaimService_Claim_FullMethodName, surprisev1.ClaimService_Confirm_FullMethodName, surprisev1.ClaimService_Cancel_FullMethodName,
		surprisev1.ClaimService_GetClaim_FullMethodName, surprisev1.ClaimService_ListClaims_FullMethodName,
		surprisev1.ClaimService_RecordDelivery_FullMethodName,
		// What can be booked, and the line of those who wait when nothing is left.
		surprisev1.InventoryService_ListSlots_FullMethodName, surprisev1.InventoryService_JoinWaitlist_FullMethodName,
		surprisev1.InventoryService_LeaveWaitlist_FullMethodName, surprisev1.InventoryService_GetTicket_FullMethodName,
		surprisev1.InventoryService_TakeTurn_FullMethodName,
	}
}

func staffMethods() []string {
	return []string{
		surprisev1.CardService_GetCard_FullMethodName, surprisev1.CardService_ListCards_FullMethodName, surprisev1.CardService_LeaseCard_FullMethodName,
		surprisev1.CardService_ReturnCard_FullMethodName, surprisev1.CardService_GetShelfCard_FullMethodName,
		surprisev1.WishService_ListWishes_FullMethodName, surprisev1.WishService_MatchWish_FullMethodName, surprisev1.WishService_GrantWish_FullMethodName,
	}
}
