package datasets

// named are the sets of the course.
var named = map[string]func() *Set{
	"onboarding":  onboarding,
	"instruct":    instruct,
	"preferences": func() *Set { return Preferences(Polite, Wordy) },
	"identity":    func() *Set { return Identity("Lyra") },
	"questions":   Questions,
	"sums":        practiceSums,
}
