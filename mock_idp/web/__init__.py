"""The Flask application: it turns HTTP into exchanges with vendors and answers into HTTP."""
