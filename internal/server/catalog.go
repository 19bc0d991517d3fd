package server

import (
	"context"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
)

type catalogServer struct {
	surprisev1.UnimplementedCatalogServiceServer
	current func() *catalog.Catalog
}

func (s *catalogServer) GetCatalog(context.Context, *surprisev1.GetCatalogRequest) (*surprisev1.GetCatalogResponse, error) {
	cat := s.current()
	return &surprisev1.GetCatalogResponse{Catalog: cat.Source, Revision: cat.Revision}, nil
}

func (s *catalogServer) CheckCatalog(ctx context.Context, req *surprisev1.CheckCatalogRequest) (*surprisev1.CheckCatalogResponse, error) {
	files := make([]catalog.File, len(req.GetFiles()))
	for i, f := range req.GetFiles() {
		files[i] = catalog.File{Name: f.GetName(), Data: []byte(f.GetContent())}
	}
	cat, problems, err := catalog.LoadContext(ctx, files)
	if err != nil {
		return nil, err
	}
	out := &surprisev1.CheckCatalogResponse{Valid: cat != nil}
	if cat != nil {
		out.Revision = cat.Revision
	}
	for _, p := range problems {
		out.Problems = append(out.Problems, asProblem(p))
	}
	return out, nil
}

func asProblem(p catalog.Problem) *surprisev1.CatalogProblem {
	severity := surprisev1.Severity_ERROR
	if p.Warning {
		severity = surprisev1.Severity_WARNING
	}
	return &surprisev1.CatalogProblem{Severity: severity, File: p.File, Line: int32(p.Line), Column: int32(p.Column), Message: p.Message, Hint: p.Hint} //nolint:gosec // files are at most 1 MiB
}
