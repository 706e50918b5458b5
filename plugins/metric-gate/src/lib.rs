//! plugins/metric-gate/
