//! plugins/threshold-policy/
