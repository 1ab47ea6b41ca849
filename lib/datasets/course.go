package datasets

// named are the sets of the course.
var named = map[string]func() *Set{"onboarding": onboarding, "instruct": instruct}
