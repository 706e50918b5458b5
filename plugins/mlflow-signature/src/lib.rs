//! plugins/mlflow-signature/
