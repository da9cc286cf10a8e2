"""Recurrent layers, their weights dense or gathered."""

from nmcu.kernels.recurrent.gru import Gru, GruGatherG1, GruGatherG4
from nmcu.kernels.recurrent.lstm import Lstm, LstmGatherG1, LstmGatherG4
from nmcu.kernels.recurrent.svdf import Svdf, SvdfGatherG1, SvdfGatherG4

KERNELS = (
    *(Gru(), GruGatherG1(), GruGatherG4()),
    *(Lstm(), LstmGatherG1(), LstmGatherG4()),
    *(Svdf(), SvdfGatherG1(), SvdfGatherG4()),
)
