"""What happens to backend and mock after a long time, and when one of them is killed."""
