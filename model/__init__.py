"""The reference model: which Boston mortgage applications were denied. It never imports mlgate.

data       the real data, what is left out and why, and the fixed splits
features   raw columns -> what an estimator can read, built from scikit-learn's own parts
train      one recipe -> a registered MLflow model version
demo       the whole road, from an empty registry to a promoted model (``make run``)
"""
