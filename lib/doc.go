// Package lib is the post-training library of Lyceum: from a base model that continues text to a model that does what it
// was asked. It knows nothing of Jupyter; this package holds only the words below, the work is in its folders.
//
// # Axis letters
//
// Shapes in doc comments use these letters, row-major, the last axis running fastest:
//
//	B  sequences in a batch
//	T  tokens in a sequence
//	C  choices for one prompt: completions, or the chosen and the rejected answer
//	H  attention heads
//	D  width: of the model, or of one head where H stands before it
//	V  vocabulary
//	G  completions in a group that are compared with one another
//	R  rank of a low-rank adapter
//
// A scalar has the shape (). Losses, log-probabilities and entropies are in nats.
//
// # From a paper to its code
//
//	paper                                      what                       file                     notebook
//	Touvron et al. 2023, arXiv:2302.13971      the decoder                transformer/model.go     00_tour
//	Zhang, Sennrich 2019, arXiv:1910.07467     RMSNorm                    tensor/layers.go         00_tour
//	Su et al. 2021, arXiv:2104.09864           rotary positions           tensor/layers.go
//	Grattafiori et al. 2024, arXiv:2407.21783  rotary angles, stretched   transformer/rope.go
//	Ainslie et al. 2023, arXiv:2305.13245      grouped-query attention    tensor/layers.go
//	Shazeer 2020, arXiv:2002.05202             SwiGLU                     tensor/layers.go
//	Loshchilov, Hutter 2019, arXiv:1711.05101  AdamW                      optim/optim.go           02_sft
//	Holtzman et al. 2020, arXiv:1904.09751     top-p sampling             sampling/filter.go
//	Meister et al. 2022, arXiv:2202.00666      typical sampling           sampling/filter.go
//	Hewitt et al. 2022, arXiv:2210.15191       epsilon and eta cutoffs    sampling/filter.go
//	Nguyen et al. 2024, arXiv:2407.01082       min-p sampling             sampling/filter.go
//	Willard, Louf 2023, arXiv:2307.09702       text held to a pattern     sampling/constrain
//	Dong et al. 2024, arXiv:2411.15100         text held to a grammar     sampling/constrain
//	Chen et al. 2021, arXiv:2107.03374         pass@k                     evaluate/paired.go
//	Guo et al. 2017, arXiv:1706.04599          calibration                evaluate/calibration.go
//	Zhou et al. 2023, arXiv:2311.07911         instructions, checked      evaluate/instructions.go
//	Zhu et al. 2018, arXiv:1802.01886          self-BLEU                  evaluate/diversity.go
//	Hu et al. 2021, arXiv:2106.09685           LoRA                       nn/lora.go               03_peft
//	Kalajdzievski 2023, arXiv:2312.03732       rank-stabilised LoRA       nn/lora.go
//	Liu et al. 2024, arXiv:2402.09353          DoRA                       nn/dora.go               03_peft
//	Dettmers et al. 2023, arXiv:2305.14314     QLoRA                      transformer/quantised.go
//	Liu et al. 2022, arXiv:2205.05638          IA3                        nn/ia3.go                03_peft
//	Lester et al. 2021, arXiv:2104.08691       prompt tuning              nn/virtual.go
//	Li, Liang 2021, arXiv:2101.00190           prefix tuning              nn/virtual.go
//	Houlsby et al. 2019, arXiv:1902.00751      bottleneck adapters        nn/bottleneck.go
//	Pfeiffer et al. 2021, arXiv:2005.00247     adapters after the MLP     nn/bottleneck.go
//	He et al. 2022, arXiv:2110.04366           adapters beside the MLP    nn/bottleneck.go
//	Peng et al. 2023, arXiv:2309.00071         YaRN                       transformer/rope.go
//	Ding et al. 2024, arXiv:2402.13753         LongRoPE                   transformer/rope.go
//	Radford et al. 2019; arXiv:2503.19786      GPT-2, Gemma 3 and others  transformer/families.go
//	Ouyang et al. 2022, arXiv:2203.02155       supervised fine-tuning     lossfn/sft.go            02_sft
//	Wu et al. 2025, arXiv:2508.05629           DFT                        lossfn/dft.go
//	Jain et al. 2023, arXiv:2310.05914         NEFTune                    transformer/noise.go
//	Ding et al. 2024, arXiv:2404.10830         packing                    posttrain/packing.go
//	Bradley, Terry 1952                        the reward model           lossfn/reward.go         04_reward_model
//	Lightman et al. 2023, arXiv:2305.20050     rewards of steps           lossfn/reward.go
//	Rafailov et al. 2023, arXiv:2305.18290     DPO                        lossfn/dpo.go            05_dpo
//	Azar et al. 2023, arXiv:2310.12036         IPO                        lossfn/ipo.go            05_dpo
//	Zhao et al. 2023, arXiv:2305.10425         the hinge of SLiC          lossfn/hinge.go
//	Ji et al. 2024, arXiv:2402.00856           EXO                        lossfn/exo.go
//	Chen et al. 2024, arXiv:2402.05369         NCA                        lossfn/nca.go
//	Jung et al. 2024, arXiv:2404.04656         BCO                        lossfn/bco.go
//	Wu et al. 2024, arXiv:2405.00675           SPPO                       lossfn/sppo.go
//	Melnyk et al. 2024, arXiv:2406.05882       AOT                        lossfn/aot.go
//	D'Oosterlinck et al. 2024, 2408.06266      APO                        lossfn/apo.go
//	Lu et al. 2024, arXiv:2406.08414           DiscoPOP                   lossfn/discopop.go
//	Wang et al. 2023, arXiv:2309.16240         f-divergences              lossfn/divergence.go
//	Zhou et al. 2024, arXiv:2406.11827         WPO                        lossfn/wpo.go
//	Liu et al. 2024, arXiv:2409.06411          length-desensitised DPO    lossfn/lengthdesensitised.go
//	Gorbatovski et al. 2024, 2404.09656        a moving reference         posttrain/learner.go
//	Ethayarajh et al. 2024, arXiv:2402.01306   KTO                        lossfn/kto.go
//	Xu et al. 2024, arXiv:2401.08417           CPO                        lossfn/cpo.go
//	Meng et al. 2024, arXiv:2405.14734         SimPO                      lossfn/simpo.go
//	Gupta et al. 2025, arXiv:2501.03884        AlphaPO                    lossfn/simpo.go
//	Hong et al. 2024, arXiv:2403.07691         ORPO                       lossfn/orpo.go
//	Saeidi et al. 2024, arXiv:2405.16681       TPO                        lossfn/tpo.go
//	Dong et al. 2023, arXiv:2304.06767         rejection sampling         posttrain/rejection.go
//	Schulman 2020, joschu.net/blog/kl-approx   the estimators k1, k2, k3  lossfn/kl.go             06_ppo
//	Schulman et al. 2015, arXiv:1506.02438     advantage estimates        rl/gae.go                06_ppo
//	Schulman et al. 2017, arXiv:1707.06347     PPO                        lossfn/ppo.go            06_ppo
//	Shao et al. 2024, arXiv:2402.03300         GRPO                       lossfn/grpo.go           07_grpo
//	Yu et al. 2025, arXiv:2503.14476           DAPO                       lossfn/grpo.go           07_grpo
//	Liu et al. 2025, arXiv:2503.20783          Dr. GRPO                   lossfn/grpo.go
//	Zheng et al. 2025, arXiv:2507.18071        GSPO                       lossfn/ratio.go
//	MiniMax 2025, arXiv:2506.13585             CISPO                      lossfn/ratio.go
//	Gao et al. 2025, arXiv:2511.20347          SAPO                       lossfn/ratio.go
//	VESPO 2026, arXiv:2602.10693               VESPO                      lossfn/vespo.go
//	LUSPO 2026, arXiv:2602.05261               LUSPO                      lossfn/reduce.go
//	Zhao et al. 2025, arXiv:2507.20673         GMPO                       lossfn/gmpo.go
//	Liu et al. 2026, arXiv:2601.05242          GDPO                       rl/rl.go
//	Ahmadian et al. 2024, arXiv:2402.14740     RLOO                       lossfn/rloo.go
//	Williams 1992                              REINFORCE                  lossfn/reinforce.go
//	Agarwal et al. 2023, arXiv:2306.13649      distillation               lossfn/jsd.go
//	Stiennon et al. 2020, arXiv:2009.01325     best of n                  rl/best.go
//
// # Layers
//
// A package imports only packages that stand before it: stop, live, internal/compute; tensor; nn, lossfn, optim;
// transformer; sampling; evaluate, rl; posttrain. tokenize, datasets, checkpoint and zoo stand beside them.
package lib
