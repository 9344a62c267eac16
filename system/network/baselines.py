"""Other ways to be unsure, beside the mean-field posterior: what an accelerator must be compared with.

- Temperature: one deterministic network whose logits are scaled on inputs that it has not seen (Guo et al., ICML 2017).
- Deep ensemble: networks trained apart from different starts (Lakshminarayanan et al., NeurIPS 2017).
- MC dropout: one network that leaves out hidden units in training and prediction (Gal and Ghahramani, ICML 2016).
- Last-layer Laplace: the deterministic network, whose last layer is drawn from Laplace's approximation of its posterior
  (Daxberger et al., NeurIPS 2021), with the prior, and the noise of a regression, of the largest evidence.
- NUTS: draws of the posterior itself (Hoffman and Gelman, JMLR 2014), of the same prior and with no weight on the KL
  term; affordable where data and network are small.
"""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from numpyro.infer import MCMC, NUTS, TraceMeanField_ELBO
from numpyro.infer.autoguide import AutoDelta
from numpyro.infer.initialization import init_to_sample
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from magbayes.data.seeds import generator
from magbayes.system.datasets import Dataset
from magbayes.system.network.ensemble import NetworkEnsemble, ensemble_predict
from magbayes.system.network.laplace import draws_wanted, features, last_layer
from magbayes.system.network.model import architecture, network_model, prior_std, training_key
from magbayes.system.network.posterior import Posterior
from magbayes.system.network.settings import NetworkSettings
from magbayes.system.network.training import optimise, train_deterministic

_CHAINS = 2
# Trajectories of up to 2^8 steps: the posterior of a network has long valleys, and longer ones cost minutes.
_MAX_TREE_DEPTH = 8


def _fixed_weights(dataset: Dataset, settings: NetworkSettings, dropout: float, keys: jax.Array) -> NetworkEnsemble:
    model = network_model(dataset, settings, dropout)
    guide = AutoDelta(model, init_loc_fn=init_to_sample)
    params, _ = optimise(dataset, settings, model, guide, TraceMeanField_ELBO(), keys)
    count = len(architecture(dataset, settings)[0])
    return NetworkEnsemble(
        tuple(np.asarray(params[f"weight{index}_auto_loc"]) for index in range(count)),
        np.asarray(params.get("noise_std", jnp.zeros(len(keys)))),
        dropout,
        settings.bias_input,
    )


def scaled(dataset: Dataset, settings: NetworkSettings, share: float, seed: int) -> NetworkEnsemble:
    """Return one network whose logits are divided by the temperature that suits a share of the training inputs best.

    These are drawn by `seed`, and it is not trained on them. Where it classifies all of them right, ever lower
    temperatures would suit them better; it stays 1 then.
    """
    inputs, labels = dataset.train_inputs, dataset.train_targets
    order = generator(seed, "temperature").permutation(len(labels))
    apart, rest = np.split(order, [max(1, round(share * len(labels)))])
    part = replace(dataset, train_inputs=inputs[rest], train_targets=labels[rest])
    key, kernels = training_key(seed, "temperature"), architecture(dataset, settings)[1]
    network = _fixed_weights(part, settings, 0.0, key[None])
    logits = np.asarray(ensemble_predict(network, kernels, key, inputs[apart], 1)[0], float)

    if (logits.argmax(axis=1) == labels[apart]).all():
        return network

    def loss(log_temperature: float) -> float:
        scores = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(scores[np.arange(len(apart)), labels[apart]].mean())

    found = minimize_scalar(loss, bounds=(-5.0, 5.0), method="bounded")
    return replace(network, temperature=float(np.exp(found.x)))


def nuts(dataset: Dataset, settings: NetworkSettings, draws: int, key: jax.Array) -> NetworkEnsemble:
    """Return at least `draws` draws of the exact posterior, from two chains that warm up for as many each."""
    exact = settings.model_copy(update={"kl_weight": 1.0})
    kernel = NUTS(
        network_model(dataset, exact, full=True), init_strategy=init_to_sample, max_tree_depth=_MAX_TREE_DEPTH
    )
    per_chain = -(-draws // _CHAINS)
    mcmc = MCMC(
        kernel,
        num_warmup=draws,
        num_samples=per_chain,
        num_chains=_CHAINS,
        chain_method="vectorized",
        progress_bar=False,
    )
    targets = jnp.asarray(dataset.train_targets, int if dataset.task == "classification" else float)
    mcmc.run(key, jnp.asarray(dataset.train_inputs, float), targets)
    drawn = mcmc.get_samples()
    count = len(architecture(dataset, settings)[0])
    return NetworkEnsemble(
        tuple(np.asarray(drawn[f"weight{index}"]) for index in range(count)),
        np.asarray(drawn.get("noise_std", jnp.zeros(_CHAINS * per_chain))),
        0.0,
        settings.bias_input,
    )


def laplace(
    dataset: Dataset, settings: NetworkSettings, network: Posterior, draws: int, key: jax.Array
) -> NetworkEnsemble:
    """Return so many draws of the last layer of a deterministic `network`, whose other weights stay.

    Raises
    ------
    FloatingPointError
        The approximation was not found.
    """
    *first, last = (layer.mean for layer in network.layers)
    taken, prior = features(network, dataset.train_inputs), prior_std(settings, last.shape)
    targets = dataset.train_targets
    if dataset.noise is not None:
        # Over a noise that is known up to a factor, what is left has the same noise everywhere.
        relative = dataset.noise(dataset.train_inputs)
        taken, targets = taken / relative[:, None], targets / relative
    found = last_layer(taken, targets, dataset.task, last, prior, network.noise_std)
    return NetworkEnsemble(
        (*(weight[None] for weight in first), found.draw(key, draws)),
        np.full(draws, found.noise_std),
        0.0,
        settings.bias_input,
    )


def train_baselines(
    dataset: Dataset, settings: NetworkSettings, seed: int, network_seed: int | None = None
) -> dict[str, NetworkEnsemble]:
    """Train what ``settings.baselines`` asks for: ``temperature``, ``dropout``, ``ensemble``, ``laplace``, ``nuts``.

    The deterministic network of ``laplace`` is trained with `network_seed`, or `seed`: with that of the networks it is
    the one beside the posteriors, bit for bit, and yet waits for no devices.

    Raises
    ------
    ValueError
        The last layer is too large for ``laplace``.
    FloatingPointError
        Training diverged.
    """
    wanted = settings.baselines
    baselines = {}
    if wanted.temperature and dataset.task == "classification":
        baselines["temperature"] = scaled(dataset, settings, wanted.temperature, seed)
    if wanted.dropout:
        baselines["dropout"] = _fixed_weights(dataset, settings, wanted.dropout, training_key(seed, "dropout")[None])
    if wanted.ensemble:
        keys = jnp.stack([training_key(seed, "ensemble", index) for index in range(wanted.ensemble)])
        baselines["ensemble"] = _fixed_weights(dataset, settings, 0.0, keys)
    rows, columns = architecture(dataset, settings)[0][-1]
    if draws := draws_wanted(wanted.laplace, rows * columns):
        network = train_deterministic(dataset, settings, seed if network_seed is None else network_seed)
        baselines["laplace"] = laplace(dataset, settings, network, draws, training_key(seed, "laplace"))
    if wanted.nuts:
        baselines["nuts"] = nuts(dataset, settings, wanted.nuts, training_key(seed, "nuts"))
    return baselines
