"""What a site's labels teach, and how far: quick adjustments and retrained models of its own.

``poisoning`` weighs labels, ``adjustment`` fits the newest of them, ``retraining`` fits many and
promotes what a gate lets pass, ``applying`` holds in every process what counts now.
"""
