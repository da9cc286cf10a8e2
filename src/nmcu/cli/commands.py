"""The list of commands; each is one module."""

from nmcu.cli.listed import Command, Group

COMMANDS = (
    Command("run", "Compile, simulate, compare every output with the reference.", "nmcu.cli.run:run"),
    Command("compile", "Write the C project of a model.", "nmcu.cli.compile:compile_"),
    Command("fit", "Which chips a model fits, and how fast it is there.", "nmcu.cli.fit:fit"),
    Command("inspect", "List layers, multiply-accumulates, zeros, patterns.", "nmcu.cli.inspect:inspect"),
    Command("eval", "Accuracy over images, with the device's program.", "nmcu.cli.eval:eval_"),
    Command("verify", "Compare what is read with ONNX Runtime or LiteRT.", "nmcu.cli.verify:verify"),
    Command("compare", "Where int8 leaves the float network.", "nmcu.cli.compare:compare"),
    Command("demo", "Run the example networks and compare them.", "nmcu.cli.demo:demo"),
    Command("prune", "Prune a model's weights by magnitude.", "nmcu.cli.prune:prune"),
    Command(
        "sensitivity",
        "What pruning each layer alone costs and gains.",
        "nmcu.cli.sensitivity:sensitivity",
    ),
    Command("search", "Which pattern in which layer: a Pareto front.", "nmcu.cli.search:search"),
    Command("sim", "Run a bare-metal program on a simulated machine.", "nmcu.cli.sim:sim"),
    Group(
        "bench",
        "Measure kernels and the simulator, fit the cost model.",
        (
            Command("kernels", "Every kernel on single layers.", "nmcu.cli.bench.kernels:kernels"),
            Command("networks", "Whole networks, dense and pruned.", "nmcu.cli.bench.networks:networks"),
            Command("fit", "Fit the planner's cost model and tell its error.", "nmcu.cli.bench.fit:fit"),
            Command("mix", "Count what kernels' time consists of.", "nmcu.cli.bench.mix:mix"),
            Command("paper", "One row per published claim.", "nmcu.cli.bench.paper:paper"),
            Command("sim", "How fast the simulator is.", "nmcu.cli.bench.sim:sim"),
            Command("eval", "How fast `nmcu eval` is.", "nmcu.cli.bench.eval:eval_"),
            Command("workers", "What several workers gain.", "nmcu.cli.bench.workers:workers"),
            Command(
                "differential",
                "Random networks against the runtimes.",
                "nmcu.cli.bench.differential:differential_",
            ),
        ),
    ),
    Group(
        "rtl",
        "The real core's RTL (needs the extra nmcu[rtl]).",
        (
            Command("area", "What extensions add to the core's area.", "nmcu.cli.rtl.area:area"),
            Command("fuzz", "Random instructions, simulator against RTL.", "nmcu.cli.rtl.fuzz:fuzz"),
            Command(
                "compare",
                "Cycles of kernels and networks, simulator against RTL.",
                "nmcu.cli.rtl.compare:compare",
            ),
        ),
    ),
)
