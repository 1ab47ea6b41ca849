// Golden values of llama.cpp's penalties: the scores after one call of its sampler, and the tokens of a greedy loop.
//
//     L=BUILD_OF_LLAMA.CPP; c++ -O1 -I LLAMA.CPP/include -I LLAMA.CPP/ggml/include penalties.cpp $L/src/libllama.a
//         $L/ggml/src/libggml.a $L/ggml/src/libggml-cpu.a $L/ggml/src/libggml-base.a -fopenmp -ldl -o penalties
//     ./penalties > llamacpp.json      (made with the llama.cpp of llama-cpp-python 0.3.36)
//
// The scores are a table by the last token, from a linear congruential generator that the Go test has too.
#include "llama.h"
#include <cstdio>
#include <vector>

static const int V = 40;
static unsigned state = 7;
static float score() { // multiples of 1/64 between -4 and 4, so that ties occur
    state = state * 1664525u + 1013904223u;
    return float(int(state >> 23) - 256) / 64.0f;
}

static void list(const char * name, const std::vector<int> & ids) {
    printf("\"%s\": [", name);
    for (size_t i = 0; i < ids.size(); i++) printf("%s%d", i ? ", " : "", ids[i]);
    printf("]");
}

int main() {
    std::vector<std::vector<float>> table(V, std::vector<float>(V));
    for (auto & row : table) for (auto & x : row) x = score();
    const std::vector<std::vector<int>> prompts = {{3}, {1, 5, 9, 5, 1, 5}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 0, 1, 2, 3, 0, 1}};
    struct { int last; float repeat, frequency, presence; } settings[] = {
        {64, 1, 0.5f, 0}, {64, 1, 0, 0.75f}, {64, 1, 0.1f, 0.3f}, {64, 1.3f, 0, 0}, {64, 1.1f, 0.2f, 0.4f}, {64, 0.7f, -0.2f, 0}, {4, 1, 1.5f, 0.5f}, {1, 1, 2, 0}, {2, 1.7f, 0, -1},
        {8, 1.05f, 0.37f, 0.11f}, {0, 1.5f, 1, 1}, {1000, 1.2f, 0.01f, 0}, {16, 1, 2, 2}};
    printf("[");
    bool first = true;
    for (auto & s : settings) for (auto & prompt : prompts) {
        llama_sampler * p = llama_sampler_init_penalties(V, s.last, s.repeat, s.frequency, s.presence);
        for (int id : prompt) llama_sampler_accept(p, id);
        int last = prompt.back();
        std::vector<int> ids;
        std::vector<float> scores;
        for (int n = 0; n < 60; n++) {
            std::vector<llama_token_data> d(V);
            for (int i = 0; i < V; i++) d[i] = {i, table[last][i], 0};
            llama_token_data_array a = {d.data(), d.size(), -1, false};
            llama_sampler_apply(p, &a);
            int best = 0;
            for (int i = 1; i < V; i++) if (d[i].logit > d[best].logit) best = i;
            if (n == 20) for (auto & x : d) scores.push_back(x.logit);
            llama_sampler_accept(p, best);
            ids.push_back(last = best);
        }
        printf("%s{\"last_n\": %d, \"repeat\": %.9g, \"frequency\": %.9g, \"presence\": %.9g, ", first ? "" : ",\n", s.last, s.repeat, s.frequency, s.presence);
        list("prompt", prompt); printf(", "); list("ids", ids);
        printf(", \"scores\": [");
        for (int i = 0; i < V; i++) printf("%s%.9g", i ? ", " : "", scores[i]);
        printf("]}");
        first = false;
        llama_sampler_free(p);
    }
    printf("]\n");
}
