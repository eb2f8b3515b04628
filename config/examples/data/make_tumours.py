"""Write tumours.csv: the Wisconsin Diagnostic Breast Cancer data, as they come with scikit-learn.

    python config/examples/data/make_tumours.py

W. Wolberg, O. Mangasarian, N. Street and W. Street, "Breast Cancer Wisconsin (Diagnostic)", UCI Machine Learning
Repository, 1995, https://doi.org/10.24432/C5DW2B, CC BY 4.0. Changed: the class is written out as `diagnosis`.
"""

from pathlib import Path

from sklearn.datasets import load_breast_cancer

held = load_breast_cancer(as_frame=True)
table = held.frame.assign(diagnosis=held.target_names[held.target]).drop(columns="target")
table.to_csv(Path(__file__).with_name("tumours.csv"), index=False)
