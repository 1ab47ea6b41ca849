package server

import "runtime"

// kernelInfo says what the kernel is (Jupyter messaging, "Kernel info").
func kernelInfo(r *request) {
	r.reply(map[string]any{
		"status":                 "ok",
		"protocol_version":       "5.5",
		"implementation":         "lyceum",
		"implementation_version": r.s.opt.Implementation,
		"language_info":          LanguageInfo(),
		"banner":                 "Lyceum " + r.s.opt.Implementation + ": Go (" + runtime.Version() + ") with a post-training library already loaded",
		"help_links": []map[string]any{{"text": "The Go language", "url": "https://go.dev/ref/spec"},
			{"text": "Go standard library", "url": "https://pkg.go.dev/std"}, {"text": "gonum/plot", "url": "https://pkg.go.dev/gonum.org/v1/plot"}},
		"supported_features": []string{"debugger", "kernel subshells"},
		"debugger":           true,
	})
}

// LanguageInfo is language_info of kernel_info, which clients also keep in the notebook's metadata.
func LanguageInfo() map[string]any {
	return map[string]any{"name": "go", "version": runtime.Version()[2:], "mimetype": "text/x-go", "file_extension": ".go",
		"pygments_lexer": "go", "codemirror_mode": "go", "nbconvert_exporter": "script"}
}
