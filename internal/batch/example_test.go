package batch_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/batch"
)

// nothing is a Decider that never has an offer.
type nothing struct{}

func (nothing) Decide(_ context.Context, reqs []*surprisev1.RecommendRequest) ([]batch.Answer, error) {
	answers := make([]batch.Answer, len(reqs))
	for i, r := range reqs {
		answers[i].Response = &surprisev1.RecommendResponse{RequestId: r.GetRequestId(), Outcome: surprisev1.Outcome_NONE}
	}
	return answers, nil
}

func ExampleRun() {
	mapping, err := batch.ParseMapping("crm.yaml", []byte(`
delimiter: ";"
request_id: '"crm-" + row.No'
customer:
  id: row.No
  member_since: date(row.Since, ["D.M.YYYY"])
moment:
  stage: '"after"'
  channel: '"CRM"'
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	table := "No;Since\n17;4.9.2012\n18;yesterday\n"
	rows := batch.NewCSV(strings.NewReader(table), mapping, &surprisev1.Date{Year: 2014, Month: 7, Day: 1})
	out := batch.NewTable(os.Stdout)
	if err := batch.Run(context.Background(), rows, nothing{}, out.Write, batch.Options{}); err != nil {
		fmt.Println(err)
	}
	// Output:
	//  LINE  REQUEST                   OUTCOME        OFFER                              SCORE  WHY NOT, OR WHAT ELSE
	//     2  crm-17                    NONE
	//     3  crm-18                    failed                                                   INVALID_REQUEST: customer.member_since: "yesterday" is not a date of the form D.M.YYYY (column Since = "yesterday")
}
