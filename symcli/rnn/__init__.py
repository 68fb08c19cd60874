"""MXNet's ``mx.rnn``: recurrent cells that build symbols, step by step or over whole sequences."""

from symcli.data.sentences import BucketSentenceIter, encode_sentences
from symcli.rnn.cell import BaseRNNCell, RNNParams
from symcli.rnn.cells import GRUCell, LSTMCell, RNNCell
from symcli.rnn.checkpoint import do_rnn_checkpoint, load_rnn_checkpoint, rnn_unroll, save_rnn_checkpoint
from symcli.rnn.convolutional import BaseConvRNNCell, ConvGRUCell, ConvLSTMCell, ConvRNNCell
from symcli.rnn.fused import FusedRNNCell
from symcli.rnn.modifier import ModifierCell, ResidualCell, ZoneoutCell
from symcli.rnn.stack import BidirectionalCell, DropoutCell, SequentialRNNCell

__all__ = [
    "BaseConvRNNCell",
    "BaseRNNCell",
    "BidirectionalCell",
    "BucketSentenceIter",
    "ConvGRUCell",
    "ConvLSTMCell",
    "ConvRNNCell",
    "DropoutCell",
    "FusedRNNCell",
    "GRUCell",
    "LSTMCell",
    "ModifierCell",
    "RNNCell",
    "RNNParams",
    "ResidualCell",
    "SequentialRNNCell",
    "ZoneoutCell",
    "do_rnn_checkpoint",
    "encode_sentences",
    "load_rnn_checkpoint",
    "rnn_unroll",
    "save_rnn_checkpoint",
]
